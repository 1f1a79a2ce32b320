package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"berth/engine"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Login checks the account with the registry and stores it as Docker does. Wrong
// credentials are ClassUnauthorized and nothing is stored.
func (c *Client) Login(ctx context.Context, cr engine.Credentials) (engine.LoginResult, error) {
	host := hostOf(cr.Registry)
	if credentialKey(host) == hubKey {
		host = HubHost
	}
	if cr.Username == "" || cr.Password == "" {
		return engine.LoginResult{}, engine.Errorf(engine.ClassInvalid, "log in to %q: user name and password are needed", host)
	}
	var opts []name.Option
	if c.plainAllowed(host) {
		opts = append(opts, name.Insecure)
	}
	reg, err := name.NewRegistry(host, opts...)
	if err != nil {
		return engine.LoginResult{}, engine.Errorf(engine.ClassInvalid, "registry %q: %w", host, err)
	}
	if err := c.check(ctx, reg, cr); err != nil {
		var te *transport.Error
		if errors.As(err, &te) && (te.StatusCode == http.StatusUnauthorized || te.StatusCode == http.StatusForbidden) {
			return engine.LoginResult{}, engine.Errorf(engine.ClassUnauthorized, "log in to %q: unauthorized: incorrect username or password", host)
		}
		return engine.LoginResult{}, explain(err, host, host, fmt.Sprintf("log in to %q", host))
	}
	file, err := c.creds.store(ctx, host, cr.Username, cr.Password)
	return engine.LoginResult{File: file}, err
}

// check asks the registry for its version page with the credentials.
func (c *Client) check(ctx context.Context, reg name.Registry, cr engine.Credentials) error {
	auth := authn.FromConfig(authn.AuthConfig{Username: cr.Username, Password: cr.Password})
	seen := &schemeRecorder{inner: c.base, host: reg.RegistryStr()}
	rt, err := transport.NewWithContext(ctx, reg, auth, seen, nil)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, seen.scheme+"://"+reg.RegistryStr()+"/v2/", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: rt, CheckRedirect: checkRedirect}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return transport.CheckError(resp, http.StatusOK)
}

// Logout forgets the stored account of a registry.
func (c *Client) Logout(ctx context.Context, registry string) error {
	return c.creds.erase(ctx, hostOf(registry))
}
