package registry

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"berth/engine"

	"github.com/google/go-containerregistry/pkg/authn"
)

// hubKey is the name under which Docker's config file keeps Docker Hub's account.
const hubKey = "https://index.docker.io/v1/"

// credentialKey is the registry's name in Docker's config file.
func credentialKey(host string) string {
	if host == "" || host == "docker.io" || host == HubHost || host == "registry-1.docker.io" {
		return hubKey
	}
	return host
}

// credentialFile is Docker's config.json. Only the keys that concern credentials are
// understood; everything else is carried over as it is.
type credentialFile struct{ dir string }

func (f credentialFile) path() string { return filepath.Join(f.dir, "config.json") }

// An authEntry is one account in "auths".
type authEntry struct {
	Auth          string `json:"auth,omitempty"` // base64 of user:password
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	RegistryToken string `json:"registrytoken,omitempty"`
}

// load returns the file's top-level keys; none if there is no file.
func (f credentialFile) load() (map[string]json.RawMessage, error) {
	doc := map[string]json.RawMessage{}
	if f.dir == "" {
		return doc, nil
	}
	data, err := os.ReadFile(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return nil, engine.Errorf(engine.ClassPermission, "read credentials: %w", err)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return doc, nil
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "read credentials in %q: %w", f.path(), err)
	}
	return doc, nil
}

// section decodes one key of the file into v; an absent key leaves v alone.
func section(doc map[string]json.RawMessage, key string, v any) error {
	raw, ok := doc[key]
	if !ok || string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return engine.Errorf(engine.ClassInvalid, "read %q of Docker's config file: %w", key, err)
	}
	return nil
}

// helper names the program that keeps the host's account; empty if the file does.
func helper(doc map[string]json.RawMessage, key string) (string, error) {
	var byHost map[string]string
	if err := section(doc, "credHelpers", &byHost); err != nil {
		return "", err
	}
	if h, ok := byHost[key]; ok {
		return h, nil
	}
	var all string
	err := section(doc, "credsStore", &all)
	return all, err
}

// lookup returns the account for host; the zero value if there is none.
func (f credentialFile) lookup(ctx context.Context, host string) (authn.AuthConfig, error) {
	doc, err := f.load()
	if err != nil {
		return authn.AuthConfig{}, err
	}
	key := credentialKey(host)
	prog, err := helper(doc, key)
	if err != nil {
		return authn.AuthConfig{}, err
	}
	if prog != "" {
		if cfg, err := helperGet(ctx, prog, key); err != nil || cfg != (authn.AuthConfig{}) {
			return cfg, err
		}
	}
	var auths map[string]authEntry
	if err := section(doc, "auths", &auths); err != nil {
		return authn.AuthConfig{}, err
	}
	entry, ok := auths[key]
	for k, e := range auths {
		if !ok && key != hubKey && hostOf(k) == host {
			entry, ok = e, true
		}
	}
	return entry.config()
}

// hostOf reduces the URL forms that older Docker versions wrote to the host.
func hostOf(key string) string {
	key = strings.TrimPrefix(strings.TrimPrefix(key, "https://"), "http://")
	host, _, _ := strings.Cut(key, "/")
	return host
}

func (e authEntry) config() (authn.AuthConfig, error) {
	cfg := authn.AuthConfig{Username: e.Username, Password: e.Password, IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken}
	if e.Auth != "" {
		raw, err := base64.StdEncoding.DecodeString(e.Auth)
		user, pass, ok := strings.Cut(strings.TrimRight(string(raw), "\x00"), ":")
		if err != nil || !ok {
			return authn.AuthConfig{}, engine.Errorf(engine.ClassInvalid, "read credentials: an \"auth\" entry of Docker's config file is not base64 of user:password")
		}
		cfg.Username, cfg.Password = user, pass
	}
	return cfg, nil
}

// helperGet asks a credential helper (docker-credential-helpers, "Development").
func helperGet(ctx context.Context, prog, key string) (authn.AuthConfig, error) {
	out, err := runHelper(ctx, prog, "get", key)
	if err != nil {
		if strings.Contains(out, "credentials not found") {
			return authn.AuthConfig{}, nil
		}
		return authn.AuthConfig{}, err
	}
	var answer struct{ Username, Secret string }
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		return authn.AuthConfig{}, engine.Errorf(engine.ClassInvalid, "credential helper %q: %w", prog, err)
	}
	if answer.Username == "<token>" {
		return authn.AuthConfig{IdentityToken: answer.Secret}, nil
	}
	return authn.AuthConfig{Username: answer.Username, Password: answer.Secret}, nil
}

// runHelper runs docker-credential-PROG. Its name must be plain: the config file is
// not to choose a program by path.
func runHelper(ctx context.Context, prog, verb, input string) (string, error) {
	if strings.ContainsAny(prog, "/\x00") {
		return "", engine.Errorf(engine.ClassInvalid, "credential helper %q: not a plain name", prog)
	}
	cmd := exec.CommandContext(ctx, "docker-credential-"+prog, verb)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		said := strings.TrimSpace(string(out))
		if said == "" {
			said = strings.TrimSpace(stderr.String())
		}
		if said != "" {
			err = fmt.Errorf("%s: %w", said, err)
		}
		return said, engine.Errorf(engine.ClassUnavailable, "credential helper %q: %w", prog, err).
			WithHint("Install docker-credential-%s, or remove it from Docker's config file.", prog)
	}
	return string(out), nil
}

// store keeps an account where the file says: in a helper, or in the file
// itself, whose path it then returns.
func (f credentialFile) store(ctx context.Context, host, user, password string) (file string, err error) {
	if f.dir == "" {
		return "", engine.Errorf(engine.ClassUnsupported, "store credentials: there is no home directory for Docker's config file")
	}
	err = f.update(func(doc map[string]json.RawMessage, auths map[string]json.RawMessage) error {
		key := credentialKey(host)
		prog, err := helper(doc, key)
		if err != nil {
			return err
		}
		entry := authEntry{}
		if prog != "" {
			payload, err := json.Marshal(map[string]string{"ServerURL": key, "Username": user, "Secret": password})
			if err != nil {
				return fmt.Errorf("encode credentials: %w", err)
			}
			if _, err := runHelper(ctx, prog, "store", string(payload)); err != nil {
				return err
			}
		} else {
			file = f.path()
			entry.Auth = base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		}
		auths[key], err = json.Marshal(entry)
		return err
	})
	if err != nil {
		return "", err
	}
	return file, nil
}

// erase forgets an account; one that is not there is no error.
func (f credentialFile) erase(ctx context.Context, host string) error {
	if _, err := os.Stat(f.path()); f.dir == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.update(func(doc map[string]json.RawMessage, auths map[string]json.RawMessage) error {
		key := credentialKey(host)
		prog, err := helper(doc, key)
		if err != nil {
			return err
		}
		if prog != "" {
			if said, err := runHelper(ctx, prog, "erase", key); err != nil && !strings.Contains(said, "credentials not found") {
				return err
			}
		}
		for k := range auths {
			if k == key || key != hubKey && hostOf(k) == host {
				delete(auths, k)
			}
		}
		return nil
	})
}

// update changes "auths" and writes the file anew, readable by its owner alone.
func (f credentialFile) update(change func(doc, auths map[string]json.RawMessage) error) error {
	doc, err := f.load()
	if err != nil {
		return err
	}
	auths := map[string]json.RawMessage{}
	if err := section(doc, "auths", &auths); err != nil {
		return err
	}
	if err := change(doc, auths); err != nil {
		return err
	}
	if doc["auths"], err = json.Marshal(auths); err != nil {
		return fmt.Errorf("encode credentials: %w", err)
	}
	data, err := json.MarshalIndent(doc, "", "\t")
	if err != nil {
		return fmt.Errorf("encode credentials: %w", err)
	}
	return f.replace(data)
}

// replace writes through a symbolic link to the file behind it, as people keep
// this file in repositories of their settings.
func (f credentialFile) replace(data []byte) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("store credentials: %w", err)
	}
	path := f.path()
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config.json-")
	if err != nil {
		return fmt.Errorf("store credentials: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone after the rename, left over after an error
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("store credentials: %w", err)
	}
	return nil
}
