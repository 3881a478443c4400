package remotewrite

// Label is a label of a series.
type Label struct{ Name, Value string }

// AppendLabels appends labels as V1 has them: sorted by name, each name once, and
// neither names nor values empty, which the caller sees to. No others are written in
// the same way.
func AppendLabels(dst []byte, labels []Label) []byte {
	for _, l := range labels {
		dst = appendHead(dst, tagLabels, fieldSize(len(l.Name))+fieldSize(len(l.Value)))
		dst = append(appendHead(dst, tagLabelName, len(l.Name)), l.Name...)
		dst = append(appendHead(dst, tagLabelValue, len(l.Value)), l.Value...)
	}
	return dst
}
