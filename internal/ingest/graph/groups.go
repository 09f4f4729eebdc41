package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Groups gathers groups and their members from pages of Graph: of groups with their members (GET /groups?$expand=members)
// and of the members of one group (GET /groups/{id}/members or /transitiveMembers). Several pages of one group add up.
type Groups struct {
	// Group is the one whose members pages have that do not name it; its Name is optional.
	Group store.Group

	byID  map[string]*store.Group
	order []string
	more  map[string]bool // whose last page said that there are more
}

// directoryObject is a group, a member of one, or a page of either.
type directoryObject struct {
	Context     string            `json:"@odata.context"`
	Type        string            `json:"@odata.type"`
	NextLink    string            `json:"@odata.nextLink"`
	MembersNext string            `json:"members@odata.nextLink"`
	ID          string            `json:"id"`
	DisplayName string            `json:"displayName"`
	Members     []directoryObject `json:"members"`
	Value       []directoryObject `json:"value"`
}

// The group whose members a page has, where its context tells: .../$metadata#groups('<id>')/members
var membersOf = regexp.MustCompile(`groups\('([^']+)'\)/(?:transitiveMembers|members)`)

// Read adds what a source holds: one page or group after the other.
func (g *Groups) Read(source io.Reader) error {
	for decoder := json.NewDecoder(source); ; {
		var page directoryObject
		if err := decoder.Decode(&page); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("this is no page of groups or members as Microsoft Graph returns it: %w", err)
		}
		if err := g.page(page); err != nil {
			return err
		}
	}
}

func (g *Groups) page(page directoryObject) error {
	if page.Members != nil {
		page.Value = []directoryObject{page}
	}
	members := page.Value
	for i, object := range page.Value {
		if object.Members != nil {
			g.add(object.ID, object.DisplayName, object.Members, object.MembersNext != "")
			members = nil
		} else if i > 0 && members == nil || strings.HasSuffix(object.Type, ".group") && g.Group.ID == "" && !membersOf.MatchString(page.Context) {
			return fmt.Errorf("the group %q comes without its members: ask Graph for them with $expand=members, or for /groups/%s/members", object.DisplayName, object.ID)
		}
	}
	if members == nil {
		return nil
	}
	of := g.Group
	if found := membersOf.FindStringSubmatch(page.Context); found != nil && !strings.EqualFold(of.ID, found[1]) {
		of = store.Group{ID: found[1]}
	}
	if of.ID == "" {
		return errors.New("these are members, and nothing says of which group: give its object ID with --group, and its name with --name")
	}
	g.add(of.ID, of.Name, members, page.NextLink != "")
	return nil
}

// add notes the users among the members of a group.
func (g *Groups) add(id, name string, members []directoryObject, more bool) {
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
	for _, m := range members {
		if m.ID != "" && (m.Type == "" || strings.HasSuffix(m.Type, ".user")) {
			group.Members = append(group.Members, m.ID)
		}
	}
}

// All returns the groups in the order in which they came, or says which are not complete: half of a group is not to
// replace the whole.
func (g *Groups) All() ([]store.Group, error) {
	var groups []store.Group
	for _, id := range g.order {
		if g.more[id] {
			return nil, fmt.Errorf("the group %s has more members than are given: follow the last page's nextLink, and import all pages at once", id)
		}
		groups = append(groups, *g.byID[id])
	}
	if len(groups) == 0 {
		return nil, errors.New("there is no group in what was given")
	}
	return groups, nil
}
