package graph

import (
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// A Mapping says where the properties of an object go in a record. It is made of the catalog's paths, so that a new field
// needs no code here, and of the other names that a source uses.
type Mapping struct {
	kind *activity.Kind
	root node
}

// node is a property.
type node struct {
	field    *activity.Field  // that holds its value; nil: only what is below counts
	children map[string]*node // by Graph's name
	folded   map[string]*node // by any name, in lower case
	columns  []column         // of what is below, where the property is a collection
	other    bool             // reached by a name that is not Graph's
}

// column is a field that gets a value from each element of a collection.
type column struct {
	field *activity.Field
	path  []string
}

// rank decides which of several properties for one field counts: Graph's name before one that differs from it by its
// case, and that before one of another source or version.
type rank int8

const (
	otherName rank = iota + 1
	otherCase
	graphName
)

// NewMapping maps Graph's names of a kind's properties, in any case, and other names, each given with the path that
// Graph has for the same: "LocationDetails": "location". The path "" hides a name that would be mistaken for Graph's.
func NewMapping(kind *activity.Kind, others map[string]string) *Mapping {
	m := &Mapping{kind: kind}
	for _, f := range kind.Fields {
		if f.Path == "" {
			continue
		}
		n, path := &m.root, strings.Split(f.Path, "/")
		for i, name := range path {
			if f.Type == activity.List {
				n.columns = append(n.columns, column{f, path[i:]})
			}
			n = n.child(name)
		}
		n.field = f
	}
	for name, path := range others {
		parent, name := m.parent(name)
		if path == "" {
			delete(parent.folded, name)
			continue
		}
		n := &m.root
		for _, step := range strings.Split(path, "/") {
			n = n.children[step]
		}
		alias := *n
		alias.other = true
		parent.folded[name] = &alias
	}
	return m
}

// parent returns what a path leads to without its last step, and that step.
func (m *Mapping) parent(path string) (*node, string) {
	n, steps := &m.root, strings.Split(path, "/")
	last := len(steps) - 1
	for _, step := range steps[:last] {
		n = n.children[step]
	}
	return n, strings.ToLower(steps[last])
}

func (n *node) child(name string) *node {
	if c := n.children[name]; c != nil {
		return c
	}
	if n.children == nil {
		n.children, n.folded = map[string]*node{}, map[string]*node{}
	}
	c := &node{}
	n.children[name], n.folded[strings.ToLower(name)] = c, c
	return c
}

// find looks a property up by the name an object has for it.
func (n *node) find(name []byte) (*node, rank) {
	if c := n.children[string(name)]; c != nil {
		return c, graphName
	}
	var buffer [48]byte // longer than any name
	if len(name) > len(buffer) {
		return nil, 0
	}
	c := n.folded[string(fold(buffer[:0], name))]
	switch {
	case c == nil:
		return nil, 0
	case c.other:
		return c, otherName
	}
	return c, otherCase
}
