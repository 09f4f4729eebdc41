// Package groups reads who is in which group from pages of Microsoft Graph.
package groups

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// A Reader gathers groups and their members from pages of Graph: of groups with their members (GET
// /groups?$expand=members) and of the members of one group (GET /groups/{id}/members or /transitiveMembers). Several
// pages of one group add up.
type Reader struct {
	// Group is the one whose members pages have that do not name it; its Name is optional.
	Group store.Group

	byID  map[string]*store.Group
	order []string
	more  map[string]bool // whose last page said that there are more
}

// The group whose members a page has, where its context tells: .../$metadata#groups('<id>')/members
var membersOf = regexp.MustCompile(`groups\('([^']+)'\)/(?:transitiveMembers|members)`)

// What a page's context names if it has groups or members; it is #users where only those of the members were asked for.
var (
	ofGroups  = regexp.MustCompile(`#groups\b`)
	ofMembers = regexp.MustCompile(`#(?:groups|directoryObjects|users)\b`)
)

// memberTypes are the types of a group's members, and whether they are users.
// https://learn.microsoft.com/graph/api/group-list-members
var memberTypes = map[string]bool{
	"user": true, "agentuser": true,
	"group": false, "device": false, "orgcontact": false, "serviceprincipal": false, "agentidentity": false,
	"agentidentityblueprintprincipal": false,
}

// Read adds what a source holds, one page or group after the other. A list without a page around it, as az and
// PowerShell write it, is taken for one.
func (g *Reader) Read(source io.Reader) error {
	for decoder := json.NewDecoder(source); ; {
		var text json.RawMessage
		var invalid *json.SyntaxError
		switch err := decoder.Decode(&text); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &invalid), errors.Is(err, io.ErrUnexpectedEOF):
			return noGroups("%w", err)
		case err != nil:
			return err
		}
		page, err := fastjson.ParseBytes(text)
		if err != nil {
			return noGroups("%w", err)
		}
		if err := g.page(page); err != nil {
			return err
		}
	}
}

func noGroups(reason string, args ...any) error {
	return fmt.Errorf("this is no page of groups or members as Microsoft Graph returns it for "+
		"/groups?$expand=members or /groups/{id}/members: "+reason, args...)
}

func (g *Reader) page(page *fastjson.Value) error {
	if failure := graph.ErrorOf(page); failure != "" {
		return fmt.Errorf("this is an error that was answered when groups were asked for: %.500s", failure)
	}
	context := textOf(page, "@odata.context")
	if context != "" && !ofMembers.MatchString(context) {
		return noGroups("it holds %s", context[strings.LastIndexByte(context, '#')+1:])
	}
	var objects []*fastjson.Value
	switch value := graph.Property(page, "value"); {
	case isList(page):
		objects = page.GetArray()
	case hasMembers(page):
		objects = []*fastjson.Value{page}
	case isList(value):
		objects = value.GetArray()
	default:
		return noGroups(`it has neither "value" nor "members"`)
	}
	of, named := g.Group, membersOf.FindStringSubmatch(context)
	if named != nil && !strings.EqualFold(of.ID, named[1]) {
		of = store.Group{ID: named[1]}
	}
	groups := named == nil && ofGroups.MatchString(context) || slices.ContainsFunc(objects, hasMembers)
	for _, object := range objects {
		id, name := textOf(object, "id"), textOf(object, "displayName")
		switch {
		case hasMembers(object):
			if err := g.add(id, name, graph.Property(object, "members").GetArray(),
				textOf(object, "members@odata.nextLink") != ""); err != nil {
				return err
			}
		case groups, of.ID == "" && typeOf(object) == "group":
			return fmt.Errorf("the group %q comes without its members: ask Graph for them with $expand=members, or "+
				"for /groups/%s/members", name, id)
		}
	}
	if groups {
		return nil
	}
	if of.ID == "" {
		return errors.New("these are members, and nothing says of which group: give its object ID with --group, and " +
			"its name with --name")
	}
	return g.add(of.ID, of.Name, objects, textOf(page, "@odata.nextLink") != "")
}

// add notes the users among the members of a group.
func (g *Reader) add(id, name string, members []*fastjson.Value, more bool) error {
	if id == "" {
		return noGroups("a group in it has no id")
	}
	id = strings.ToLower(id)
	if g.byID == nil {
		g.byID, g.more = map[string]*store.Group{}, map[string]bool{}
	}
	group := g.byID[id]
	if group == nil {
		group = &store.Group{ID: id}
		g.byID[id], g.order = group, append(g.order, id)
	}
	if name != "" {
		group.Name = name
	}
	g.more[id] = more
	for _, member := range members {
		if user, err := isUser(member); err != nil {
			return err
		} else if user {
			group.Members = append(group.Members, textOf(member, "id"))
		}
	}
	return nil
}

// isUser reports whether a member of a group is a user, as it is where it does not name its type, or why it is no member.
func isUser(member *fastjson.Value) (bool, error) {
	if textOf(member, "id") == "" {
		return false, noGroups("an object in it has no id")
	}
	if name := typeOf(member); name != "" {
		user, known := memberTypes[name]
		if !known {
			return false, noGroups("an object in it is of the type %s", name)
		}
		return user, nil
	}
	names := graph.NamesOf(member)
	_, err := graph.KindOf(member, names)
	if !errors.Is(err, graph.ErrUnknown) || names.Any(graph.AppID|graph.TimeGenerated) {
		return false, noGroups("an object in it is a record or an application")
	}
	return true, nil
}

// typeOf returns the type that an object names in lower case, such as "user". PowerShell nests the name.
func typeOf(object *fastjson.Value) string {
	name := textOf(object, "@odata.type")
	if name == "" {
		name = textOf(graph.Property(object, "additionalProperties"), "@odata.type")
	}
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

func textOf(object *fastjson.Value, name string) string {
	return string(graph.Property(object, name).GetStringBytes())
}

func isList(v *fastjson.Value) bool { return v != nil && v.Type() == fastjson.TypeArray }

func hasMembers(object *fastjson.Value) bool { return isList(graph.Property(object, "members")) }

// All returns the groups in the order in which they came, or says which are not complete: half of a group is not to
// replace the whole.
func (g *Reader) All() ([]store.Group, error) {
	var groups []store.Group
	for _, id := range g.order {
		if g.more[id] {
			return nil, fmt.Errorf("the group %s has more members than are given: follow the last page's nextLink, "+
				"and import all pages at once", id)
		}
		groups = append(groups, *g.byID[id])
	}
	if len(groups) == 0 {
		return nil, errors.New("there is no group in what was given")
	}
	return groups, nil
}
