package demo

// Group is a group of the tenant's directory.
type Group struct {
	ID, Name string
	Members  []string // object ids of users
}

// Groups are those that audit events speak of, with some of the people in each, and those that say what somebody is.
func (t *Tenant) Groups() []Group {
	list := make([]Group, len(groupNames), len(groupNames)+3)
	for i, name := range groupNames {
		list[i] = Group{ID: newGUID(t.options.Seed, groupIDs, uint64(i)).String(), Name: name}
	}
	const allEmployees = 0 // of groupNames
	guests, administrators, exempt := len(list), len(list)+1, len(list)+2
	for _, name := range []string{"Guests", "Administrators", "Excluded from MFA"} {
		list = append(list, Group{ID: newGUID(t.options.Seed, groupIDs, uint64(len(list))).String(), Name: name})
	}
	join := func(group int, u *user) { list[group].Members = append(list[group].Members, u.id) }
	for _, people := range t.directory.people {
		for _, u := range people {
			join(1+int(u.number%uint64(len(groupNames)-1)), u)
			if u.guest {
				join(guests, u)
			} else {
				join(allEmployees, u)
			}
			if u.admin {
				join(administrators, u)
			}
			if u.noMFA {
				join(exempt, u)
			}
		}
	}
	return list
}
