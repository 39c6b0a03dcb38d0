// Package shape says what JSON may look like: which members an object has, and of what kind each is.
package shape

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Shape is what a value must be. The error says where it is not, and why.
type Shape func(where string, value any) error

// Members of an object, by name. Those that are not named here are refused.
type Members map[string]Shape

// Text is any string.
func Text(where string, value any) error { return is[string](where, value, "a string") }

// Number is any number.
func Number(where string, value any) error { return is[float64](where, value, "a number") }

// Truth is true or false.
func Truth(where string, value any) error { return is[bool](where, value, "true or false") }

func is[T any](where string, value any, wanted string) error {
	if _, ok := value.(T); !ok {
		return fmt.Errorf("%s must be %s", where, wanted)
	}
	return nil
}

// OneOf is a string of a fixed set.
func OneOf(known ...string) Shape {
	return func(where string, value any) error {
		if text, ok := value.(string); !ok || !slices.Contains(known, text) {
			return fmt.Errorf("%s must be one of %s", where, strings.Join(known, ", "))
		}
		return nil
	}
}

// List is a list of values of one shape.
func List(of Shape) Shape {
	return func(where string, value any) error {
		values, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s must be a list", where)
		}
		for index, each := range values {
			if err := of(fmt.Sprintf("%s[%d]", where, index), each); err != nil {
				return err
			}
		}
		return nil
	}
}

// Object has some of these members and no others; the required ones are there.
func Object(members Members, required ...string) Shape {
	return func(where string, value any) error {
		found, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("%s must be an object", where)
		}
		for _, name := range names(found) {
			member, known := members[name]
			if !known {
				return fmt.Errorf("%s has the unknown field %q", where, name)
			}
			if err := member(where+"."+name, found[name]); err != nil {
				return err
			}
		}
		for _, name := range required {
			if _, ok := found[name]; !ok {
				return fmt.Errorf("%s lacks the field %q", where, name)
			}
		}
		return nil
	}
}

// Single is an object with exactly one of these members: what selects among kinds of rules.
func Single(members Members) Shape {
	object := Object(members)
	return func(where string, value any) error {
		if err := object(where, value); err != nil {
			return err
		}
		if len(value.(map[string]any)) != 1 {
			return fmt.Errorf("%s must have exactly one field", where)
		}
		return nil
	}
}

func names(found map[string]any) []string {
	all := make([]string, 0, len(found))
	for name := range found {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
