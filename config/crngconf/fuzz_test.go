package crngconf_test

import (
	"errors"
	"testing"

	"github.com/plumbago/plumbago/config/crngconf"
	"github.com/plumbago/plumbago/internal/conffile"
)

// Whatever the text is, it is read or refused with a place in it.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("a")
	f.Add("[init]\ncmds=['addRoute sendAllMatch k  [::1:2  []:1:x regex=a  b:1', 'addBlack sub x']")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := crngconf.Parse("ng.ini", text)
		if err != nil {
			if p, ok := errors.AsType[conffile.Problem](err); !ok || p.Line < 1 {
				t.Errorf("got %#v, want a problem with its line", err)
			}
			return
		}
		for _, r := range c.Routes {
			_, _ = crngconf.RE2(r.Matcher)
		}
	})
}
