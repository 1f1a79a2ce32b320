package registry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"berth/engine"
)

// With a private address plain HTTP is tried after TLS failed, and refused: what is said is why TLS failed.
func TestARefusalOfPlainHTTPDoesNotHideWhyTLSFailed(t *testing.T) {
	refused := &url.Error{Op: "Get", URL: "http://10.0.0.1/v2/",
		Err: engine.Errorf(engine.ClassPermission, "connect to %q: %w", "10.0.0.1", errPlain).WithHint(insecureHint)}
	overTLS := func(err error) error { return &url.Error{Op: "Get", URL: "https://10.0.0.1/v2/", Err: err} }
	for _, c := range []struct {
		err        error
		class      engine.Class
		text, hint string
	}{
		{errors.Join(overTLS(fmt.Errorf("dial: %w", syscall.ECONNREFUSED)), refused), engine.ClassUnavailable, "connection refused", "running"},
		{errors.Join(overTLS(errors.New("i/o timeout")), refused), engine.ClassUnavailable, "i/o timeout", ""},
		{overTLS(refused.Err), engine.ClassPermission, "plain HTTP is refused", "insecure"}, // a redirect
		{errors.Join(overTLS(http.ErrSchemeMismatch), refused), engine.ClassUnavailable, "plain HTTP", "insecure"},
		{refused, engine.ClassPermission, "plain HTTP is refused", "insecure"},
	} {
		err := explain(c.err, "10.0.0.1", "10.0.0.1/a", "pull")
		if engine.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.text) || !strings.Contains(engine.HintOf(err), c.hint) {
			t.Errorf("%q, %q, class %s", err, engine.HintOf(err), engine.ClassOf(err))
		}
	}
}
