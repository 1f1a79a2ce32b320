package registrytest

import (
	"fmt"
	"net/http"
	"strings"
)

// auth asks for a bearer token, as Docker Hub does.
type auth struct {
	user, password string // empty: tokens for anybody
	realm          string
	token          string
	never          bool
}

// RequireToken makes the registry ask for a token, which it gives out at /token to
// the account, or to everybody if user is empty.
func (r *Registry) RequireToken(user, password string) {
	r.setAuth(&auth{user: user, password: password, realm: r.Server.URL + "/token", token: "opensesame"})
}

// RefuseAlways makes the registry give out tokens that it never accepts.
func (r *Registry) RefuseAlways() {
	r.setAuth(&auth{realm: r.Server.URL + "/token", token: "opensesame", never: true})
}

// RequireBasic makes the registry ask for name and password with each request.
func (r *Registry) RequireBasic(user, password string) {
	r.setAuth(&auth{user: user, password: password})
}

func (r *Registry) setAuth(a *auth) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.auth = a
}

// refuse answers requests that are not allowed, and those for tokens.
func (a *auth) refuse(w http.ResponseWriter, r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	known := a.user == "" || user == a.user && password == a.password
	switch {
	case a.realm == "" && known && a.user != "":
		return false
	case a.realm == "":
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	case r.URL.Path == "/token" && known:
		fmt.Fprintf(w, `{"token":%q}`, a.token)
		return true
	case r.URL.Path == "/token":
	case !a.never && strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") == a.token:
		return false
	default:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="test",scope="repository:x:pull"`, a.realm))
	}
	fail(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	return true
}
