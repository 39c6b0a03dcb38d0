package shape

import (
	"encoding/json"
	"testing"
)

func TestObject(t *testing.T) {
	thing := Object(Members{
		"name": Text, "count": Number, "on": Truth, "kind": OneOf("a", "b"), "all": List(Text), "one": Single(Members{"x": Text, "y": Text}),
	}, "name")
	for content, wanted := range map[string]string{
		`{"name":"n","count":1,"on":false,"kind":"b","all":["x"],"one":{"x":"1"}}`: "",
		`{}`:                                 `it lacks the field "name"`,
		`{"name":"n","other":1}`:             `it has the unknown field "other"`,
		`{"name":1}`:                         "it.name must be a string",
		`{"name":"n","count":"1"}`:           "it.count must be a number",
		`{"name":"n","on":"false"}`:          "it.on must be true or false",
		`{"name":"n","kind":"c"}`:            "it.kind must be one of a, b",
		`{"name":"n","all":"x"}`:             "it.all must be a list",
		`{"name":"n","all":["x",1]}`:         "it.all[1] must be a string",
		`{"name":"n","one":{}}`:              "it.one must have exactly one field",
		`{"name":"n","one":{"x":"","y":""}}`: "it.one must have exactly one field",
		`[]`:                                 "it must be an object",
	} {
		var value any
		if err := json.Unmarshal([]byte(content), &value); err != nil {
			t.Fatal(err)
		}
		said := ""
		if err := thing("it", value); err != nil {
			said = err.Error()
		}
		if said != wanted {
			t.Errorf("%s: %q, wanted %q", content, said, wanted)
		}
	}
}
