package carbonconf

import "github.com/plumbago/plumbago/internal/schema"

// LoadStorageSchemas reads the storage-schemas.conf in path. What is wrong with it
// is of type Errors; carbon would start with the rules if it is Harmless.
func LoadStorageSchemas(path string) ([]schema.Retention, error) {
	return loadStorage(path, ParseStorageSchemas)
}

// LoadStorageAggregation reads the storage-aggregation.conf in path, as
// LoadStorageSchemas does.
func LoadStorageAggregation(path string) ([]schema.Aggregation, error) {
	return loadStorage(path, ParseStorageAggregation)
}

func loadStorage[R any](path string, parse func(path, text string) ([]R, Errors)) ([]R, error) {
	text, err := readText(path)
	if err != nil {
		return nil, Errors{{File: path, Kind: Unreadable, Text: err.Error()}}
	}
	rules, problems := parse(path, text)
	if len(problems) == 0 {
		return rules, nil
	}
	tidy(problems, func(p Problem) (string, int) { return p.File, p.Line })
	return rules, problems
}

// ParseStorageSchemas reads the text of a storage-schemas.conf: for how long series
// are kept, in the order in which it is looked for. Rules that carbon leaves out are
// left out, and told of.
func ParseStorageSchemas(path, text string) ([]schema.Retention, Errors) {
	r := newStorageReader(path, text)
	var rules []schema.Retention
	r.each(func(s *storageSection) {
		if archives, ok := s.archives(); ok {
			if pattern, ok := s.pattern(); ok {
				rules = append(rules, schema.Retention{Name: s.name, Pattern: pattern, Archives: archives})
			}
		}
	})
	return rules, r.problems
}

// ParseStorageAggregation reads the text of a storage-aggregation.conf: how series
// are aggregated, in the order in which it is looked for. Rules that carbon leaves
// out are left out, and told of.
func ParseStorageAggregation(path, text string) ([]schema.Aggregation, Errors) {
	r := newStorageReader(path, text)
	var rules []schema.Aggregation
	r.each(func(s *storageSection) {
		factor, ok := s.xFilesFactor()
		method, known := s.method()
		if !ok || !known {
			return
		}
		if pattern, ok := s.pattern(); ok {
			rules = append(rules, schema.Aggregation{Name: s.name, Pattern: pattern, XFilesFactor: factor, Method: method})
		}
	})
	return rules, r.problems
}
