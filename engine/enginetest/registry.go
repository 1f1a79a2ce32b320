package enginetest

import (
	"context"
	"time"

	"berth/engine"
)

// A Repository is one image in the fake's registry.
type Repository struct {
	Ref     string // familiar form with tag; empty for an image that nothing names
	Created time.Time
	Config  engine.ImageConfig
	Layers  []RemoteLayer // bottom first
	// Commands are the programs that containers of the image can run. Nil means all
	// that the fake knows.
	Commands []string
	// Script drives pulls of the image; nil downloads at the fake's rate.
	Script PullScript
}

// A RemoteLayer is one layer of a Repository. Content stands for its bytes: layers
// of equal content are one layer.
type RemoteLayer struct {
	Content   string
	Size      int64 // compressed
	Unpacked  int64
	CreatedBy string
}

// Digest names the compressed bytes.
func (l RemoteLayer) Digest() engine.Digest { return digestOf("blob " + l.Content) }

// DiffID names the uncompressed bytes.
func (l RemoteLayer) DiffID() engine.DiffID { return engine.DiffID(digestOf("diff " + l.Content)) }

// ImageID returns the digest of the image's configuration.
func (r *Repository) ImageID() engine.Digest { return digestOf("config " + r.identity()) }

// Manifest returns the digest of the image's manifest.
func (r *Repository) Manifest() engine.Digest { return digestOf("manifest " + r.identity()) }

func (r *Repository) identity() string {
	s := r.Created.UTC().Format(time.RFC3339Nano)
	for _, l := range r.Layers {
		s += " " + l.Content
	}
	return s + jsonArgs(r.Config.Cmd) + jsonArgs(r.Config.Env)
}

// AddRepository puts an image into the registry, from where Pull fetches it.
func (f *Fake) AddRepository(r *Repository) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.registry[r.Ref] = r
}

// Login implements engine.Registries: every password but "wrong" is accepted.
func (f *Fake) Login(ctx context.Context, c engine.Credentials) (engine.LoginResult, error) {
	if err := f.enter(ctx, "Login", c.Registry); err != nil {
		return engine.LoginResult{}, err
	}
	if c.Password == "wrong" {
		return engine.LoginResult{}, engine.Errorf(engine.ClassUnauthorized, "log in to %q: incorrect username or password", c.Registry)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins[c.Registry] = c
	return engine.LoginResult{File: "/home/ada/.docker/config.json"}, nil
}

// Logout implements engine.Registries.
func (f *Fake) Logout(ctx context.Context, registry string) error {
	if err := f.enter(ctx, "Logout", registry); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.logins, registry)
	return nil
}

// demoRepositories are the images that the conformance suite uses.
func demoRepositories(now time.Time) []*Repository {
	path := "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	return []*Repository{
		{
			Ref: "hello-world:latest", Created: now.Add(-28 * 24 * time.Hour), Commands: []string{"/hello"},
			Config: engine.ImageConfig{Cmd: []string{"/hello"}, Env: []string{path}, WorkingDir: "/"},
			Layers: []RemoteLayer{{Content: "hello", Size: 1 << 10, Unpacked: 1843, CreatedBy: "COPY hello / # buildkit"}},
		},
		{
			Ref: "toolbox:latest", Created: now.Add(-9 * 24 * time.Hour),
			Config: engine.ImageConfig{Cmd: []string{"sh"}, Env: []string{path}, WorkingDir: "/root", Labels: map[string]string{"org.opencontainers.image.title": "toolbox"}},
			Layers: []RemoteLayer{
				{Content: "toolbox base", Size: 1_450_000, Unpacked: 3_100_000, CreatedBy: "ADD rootfs.tar / # buildkit"},
				{Content: "toolbox shell", Size: 2_900_000, Unpacked: 7_400_000, CreatedBy: "COPY sh /bin/sh # buildkit"},
				{Content: "toolbox tools", Size: 4_200_000, Unpacked: 11_800_000, CreatedBy: "COPY tools/ /bin/ # buildkit"},
			},
		},
	}
}
