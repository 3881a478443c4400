package carbonconf

// Rewritten returns name after the rules. The error is the first replacement
// that cannot be filled in: with such a rule carbon loses every point.
func Rewritten(name []byte, rules []RewriteRule) ([]byte, error) {
	for _, r := range rules {
		if r.bad != nil {
			return nil, r.bad
		}
		name, _ = r.match.ReplaceAll(nil, name, r.template)
	}
	return name, nil
}

// Matches reports whether the rule is for this name.
func (r *Rule) Matches(name []byte) bool { return r.Default || r.Match.Match(name) }
