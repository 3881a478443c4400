package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// What manual pages and completions need to know of the command line's model.

// takesValue says whether a word follows the flag.
func takesValue(f *kong.Flag) bool { return !f.IsBool() && !f.IsCounter() }

// valueName is what stands for the flag's value.
func valueName(f *kong.Flag) string {
	if f.PlaceHolder != "" {
		return f.PlaceHolder
	}
	if f.HasDefault && f.Default != "" {
		return f.Default
	}
	return strings.ToUpper(f.Name)
}

// choices are the values that v can have, if they are known.
func choices(v *kong.Value) (list []string) {
	if v.Enum == "" {
		return nil
	}
	for _, one := range v.EnumSlice() {
		if one != "" {
			list = append(list, one)
		}
	}
	return list
}

// wantsPath says whether the flag's value is a file or a folder.
func wantsPath(f *kong.Flag) bool {
	switch f.PlaceHolder {
	case "FILE", "DIR", "FOLDER", "PATH":
		return true
	}
	return false
}
