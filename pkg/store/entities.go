package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// entities turns what records mention into ids, and remembers them. Entities are written before the batch that needs
// them, in a transaction of their own: two writers that meet the same new user wait for a moment, not for a batch, and
// an entity that a crash leaves unused is the one the repeated batch needs.
type entities struct {
	db         *DB
	tenants    map[string]int32
	words      map[string]int32
	written    map[string]bool // identifiers that are not GUIDs
	byKey      map[*activity.Entity]map[entityKey]named
	byDigest   map[*activity.Entity]map[entityKey]int32
	attributes map[*activity.Entity][]*activity.Field
	lately     map[*activity.Entity]map[string]mention
	buffer     []byte
}

// mention is an entity as records lately mentioned it, with all of its attributes, and the last day of those.
type mention struct {
	id  int32
	day int64
}

// latelyLimit bounds how many mentions are remembered of each entity.
const latelyLimit = 50_000

type entityKey struct {
	tenant int32
	key    string
}

// named is what is known of an entity with a key.
type named struct {
	id     int32
	day    string
	filled int
	values []string
}

// newNamed makes what a record or the database says of an entity comparable.
func newNamed(day string, values []string) named {
	n := named{day: day, values: values}
	for _, v := range values {
		if v != "" {
			n.filled++
		}
	}
	return n
}

// supersedes tells whether n's names replace old's: more of them first, then later ones, then the greater. The order in
// which records arrive makes no difference to what remains.
func (n named) supersedes(old named) bool {
	return cmp.Or(cmp.Compare(n.filled, old.filled), cmp.Compare(n.day, old.day), slices.Compare(n.values, old.values)) > 0
}

// cacheLimit bounds what is remembered of each entity; past it, all of it is forgotten and asked for again.
const cacheLimit = 500_000

func newEntities(db *DB) *entities {
	e := &entities{
		db: db, tenants: map[string]int32{}, words: map[string]int32{}, written: map[string]bool{},
		byKey: map[*activity.Entity]map[entityKey]named{}, byDigest: map[*activity.Entity]map[entityKey]int32{},
		attributes: map[*activity.Entity][]*activity.Field{}, lately: map[*activity.Entity]map[string]mention{},
	}
	for _, kind := range activity.Kinds() {
		for _, entity := range kind.Entities() {
			e.attributes[entity] = attributes(entity)
			e.byKey[entity] = map[entityKey]named{}
			e.byDigest[entity] = map[entityKey]int32{}
			e.lately[entity] = map[string]mention{}
		}
	}
	return e
}

// resolve makes sure that everything the records mention has an id, and returns for each record its references, in the
// order of its kind's entities.
func (e *entities) resolve(ctx context.Context, kind *activity.Kind, records []*activity.Record) ([][]int32, error) {
	if err := e.resolveTenants(ctx, records); err != nil {
		return nil, err
	}
	if err := e.resolveWords(ctx, kind, records); err != nil {
		return nil, err
	}
	if err := e.writeIdentifiers(ctx, kind, records); err != nil {
		return nil, err
	}
	references := make([][]int32, len(records))
	for i := range references {
		references[i] = make([]int32, 0, len(layouts[kind].entities))
	}
	for _, entity := range layouts[kind].entities {
		ids, err := e.resolveEntity(ctx, kind, entity, records)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entity.Name, err)
		}
		for i, id := range ids {
			references[i] = append(references[i], id)
		}
	}
	return references, nil
}

// resolveEntity returns the ids of the entities that records mention; 0 where one mentions none. Most repeat what others said
// of an entity lately: that is known without a closer look.
func (e *entities) resolveEntity(ctx context.Context, kind *activity.Kind, entity *activity.Entity, records []*activity.Record) ([]int32, error) {
	lately := e.lately[entity]
	if len(lately) > latelyLimit {
		clear(lately)
	}
	ids := make([]int32, len(records))
	var others []*activity.Record
	var at []int
	var said []string
	for i, r := range records {
		e.buffer = e.appendValues(e.buffer[:0], kind, entity, r)
		m, ok := lately[string(e.buffer)]
		if ok && (entity.Key == "" || day(r) <= m.day) {
			ids[i] = m.id
			continue
		}
		others, at, said = append(others, r), append(at, i), append(said, string(e.buffer))
	}
	if len(others) == 0 {
		return ids, nil
	}
	resolve := e.resolveCombinations
	if entity.Key != "" {
		resolve = e.resolveNamed
	}
	found, err := resolve(ctx, kind, entity, others)
	for i, id := range found {
		ids[at[i]] = id
		lately[said[i]] = mention{id, max(lately[said[i]].day, day(others[i]))}
	}
	return ids, err
}

// appendValues appends what tells a record's mention of an entity from others.
func (e *entities) appendValues(b []byte, kind *activity.Kind, entity *activity.Entity, r *activity.Record) []byte {
	add := func(text string) { b = append(binary.AppendUvarint(b, uint64(len(text))), text...) }
	add(kind.Name)
	b = binary.AppendVarint(b, int64(e.tenants[r.Tenant]))
	for _, f := range layouts[kind].sources[entity] {
		switch {
		case f == nil:
		case f.Type == activity.List:
			list := r.List(f)
			b = binary.AppendUvarint(b, uint64(len(list)))
			for _, text := range list {
				add(text)
			}
		default:
			add(r.Get(f))
		}
	}
	return b
}

// day counts the days to a record's.
func day(r *activity.Record) int64 { return r.Time.Unix() / (24 * 60 * 60) }

func (e *entities) resolveTenants(ctx context.Context, records []*activity.Record) error {
	missing := map[string]bool{}
	for _, r := range records {
		if _, ok := e.tenants[r.Tenant]; !ok {
			missing[r.Tenant] = true
		}
	}
	return lookUp(ctx, e.db, "entra.tenant", "tenant_id", missing, e.tenants)
}

func (e *entities) resolveWords(ctx context.Context, kind *activity.Kind, records []*activity.Record) error {
	if len(e.words) > cacheLimit {
		clear(e.words)
	}
	missing := map[string]bool{}
	for _, g := range layouts[kind].groupings {
		for _, r := range records {
			g.words(r, func(word string) {
				if _, ok := e.words[word]; !ok {
					missing[word] = true
				}
			})
		}
	}
	return lookUp(ctx, e.db, "entra.word", "text", missing, e.words)
}

// lookUp adds the missing texts to a table of texts and learns their ids.
func lookUp(ctx context.Context, db *DB, table, column string, missing map[string]bool, known map[string]int32) error {
	if len(missing) == 0 {
		return nil
	}
	texts := pq.Array(slices.Sorted(maps.Keys(missing)))
	if _, err := db.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS u(t, i) ORDER BY i ON CONFLICT DO NOTHING", table, column), texts); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT id, %s FROM %s WHERE %[1]s = ANY($1)", column, table), texts)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int32
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		known[text] = id
	}
	return rows.Err()
}

// writeIdentifiers keeps the text of identifiers that are not GUIDs.
func (e *entities) writeIdentifiers(ctx context.Context, kind *activity.Kind, records []*activity.Record) error {
	if len(e.written) > cacheLimit {
		clear(e.written)
	}
	texts := map[string]string{}
	for _, f := range append([]*activity.Field{kind.Field("id")}, layouts[kind].own...) {
		if f.Type != activity.Identifier {
			continue
		}
		for _, r := range records {
			if text := r.Get(f); text != "" && !e.written[text] {
				if id, isGUID := IdentifierUUID(text); !isGUID {
					texts[id] = text
				}
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(texts))
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = texts[id]
	}
	_, err := e.db.ExecContext(ctx, "INSERT INTO entra.identifier (id, text) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING", pq.Array(ids), pq.Array(values))
	if err == nil {
		for _, text := range values {
			e.written[text] = true
		}
	}
	return err
}

// values returns a record's attributes of an entity, in the order of the entity's columns. present is false if it has none.
func (e *entities) values(kind *activity.Kind, entity *activity.Entity, r *activity.Record) (values []string, present bool) {
	sources := layouts[kind].sources[entity]
	values = make([]string, len(sources))
	for i, f := range sources {
		switch {
		case f == nil:
		case f.Type == activity.List:
			if list := r.List(f); len(list) > 0 {
				literal, _ := pq.Array(list).Value()
				values[i], present = literal.(string), true
			}
		default:
			if values[i] = r.Get(f); values[i] != "" && f.Path != "" { // what is derived from nothing says nothing
				present = true
			}
		}
	}
	return values, present
}

func (e *entities) resolveNamed(ctx context.Context, kind *activity.Kind, entity *activity.Entity, records []*activity.Record) ([]int32, error) {
	known, columns := e.byKey[entity], e.attributes[entity]
	if len(known) > cacheLimit {
		clear(known)
	}
	keyAt := slices.IndexFunc(columns, func(f *activity.Field) bool { return f.AttributeName() == entity.Key })
	keys := make([]entityKey, len(records))
	pending := map[entityKey]named{}
	for i, r := range records {
		values, present := e.values(kind, entity, r)
		if !present {
			continue
		}
		n := newNamed(r.Time.UTC().Format("2006-01-02"), values)
		key := values[keyAt]
		for _, v := range values {
			if key == "" { // without its id, an entity goes by its first name
				key = strings.ToLower(v)
			}
		}
		keys[i] = entityKey{e.tenants[r.Tenant], key}
		best, ok := pending[keys[i]]
		if !ok {
			best, ok = known[keys[i]]
		}
		if !ok || n.supersedes(best) {
			pending[keys[i]] = n
		}
	}
	if len(pending) > 0 {
		if err := e.writeNamed(ctx, entity, pending); err != nil {
			return nil, err
		}
	}
	ids := make([]int32, len(records))
	for i, key := range keys {
		ids[i] = known[key].id
	}
	return ids, nil
}

func (e *entities) writeNamed(ctx context.Context, entity *activity.Entity, pending map[entityKey]named) error {
	table, columns := EntityTable(entity), e.attributes[entity]
	keys := sortedKeys(pending)
	arrays := make([][]string, len(columns)+1)
	tenants, texts := make([]int32, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		tenants[i], texts[i] = k.tenant, k.key
		for j, v := range pending[k].values {
			arrays[j] = append(arrays[j], v)
		}
		arrays[len(columns)] = append(arrays[len(columns)], pending[k].day)
	}
	names := make([]string, len(columns))
	args := []any{pq.Array(tenants), pq.Array(texts)}
	parameters := "$1::int[], $2::text[]"
	for j := range arrays {
		args = append(args, pq.Array(arrays[j]))
		if j < len(columns) {
			names[j] = snake(columns[j].AttributeName())
			parameters += fmt.Sprintf(", $%d::text[]", j+3)
		}
	}
	parameters += fmt.Sprintf(", $%d::date[]", len(args))
	rank := func(of string) string {
		filled := make([]string, len(names))
		qualified := make([]string, len(names))
		for i, n := range names {
			filled[i] = fmt.Sprintf("(%s.%s <> '')::int", of, n)
			qualified[i] = fmt.Sprintf(`%s.%s COLLATE "C"`, of, n)
		}
		return fmt.Sprintf("(%s, %s.named_on, %s)", strings.Join(filled, " + "), of, strings.Join(qualified, ", "))
	}
	sets := make([]string, len(names))
	for i, n := range names {
		sets[i] = n + " = excluded." + n
	}
	list := strings.Join(names, ", ")
	_, err := e.db.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %s AS t (tenant, key, %s, named_on) SELECT * FROM unnest(%s)
ON CONFLICT (tenant, key) DO UPDATE SET %s, named_on = excluded.named_on WHERE %s > %s`, table, list, parameters, strings.Join(sets, ", "), rank("excluded"), rank("t")), args...)
	if err != nil {
		return err
	}
	rows, err := e.db.QueryContext(ctx, fmt.Sprintf(`SELECT t.id, t.tenant, t.key, t.named_on::text, ARRAY[%s] FROM %s t JOIN unnest($1::int[], $2::text[]) AS u(tenant, key) ON t.tenant = u.tenant AND t.key = u.key`,
		"t."+strings.Join(names, ", t."), table), args[:2]...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k entityKey
		var id int32
		var day string
		var values []string
		if err := rows.Scan(&id, &k.tenant, &k.key, &day, pq.Array(&values)); err != nil {
			return err
		}
		n := newNamed(day, values)
		n.id = id
		e.byKey[entity][k] = n
	}
	return rows.Err()
}

func (e *entities) resolveCombinations(ctx context.Context, kind *activity.Kind, entity *activity.Entity, records []*activity.Record) ([]int32, error) {
	known := e.byDigest[entity]
	if len(known) > cacheLimit {
		clear(known)
	}
	keys := make([]entityKey, len(records))
	pending := map[entityKey][]string{}
	for i, r := range records {
		values, present := e.values(kind, entity, r)
		if !present {
			continue
		}
		keys[i] = entityKey{e.tenants[r.Tenant], digest(values)}
		if _, ok := known[keys[i]]; !ok {
			pending[keys[i]] = values
		}
	}
	if len(pending) > 0 {
		if err := e.writeCombinations(ctx, entity, pending); err != nil {
			return nil, err
		}
	}
	ids := make([]int32, len(records))
	for i, key := range keys {
		ids[i] = known[key]
	}
	return ids, nil
}

func (e *entities) writeCombinations(ctx context.Context, entity *activity.Entity, pending map[entityKey][]string) error {
	table, columns := EntityTable(entity), e.attributes[entity]
	keys := sortedKeys(pending)
	tenants, digests := make([]int32, len(keys)), make([]string, len(keys))
	arrays := make([][]string, len(columns))
	for i, k := range keys {
		tenants[i], digests[i] = k.tenant, k.key
		for j, v := range pending[k] {
			arrays[j] = append(arrays[j], v)
		}
	}
	args := []any{pq.Array(tenants), pq.Array(digests)}
	names, casts, parameters := "", "", "$1::int[], $2::uuid[]"
	for j, f := range columns {
		args = append(args, pq.Array(arrays[j]))
		parameters += fmt.Sprintf(", $%d::text[]", j+3)
		names += ", " + snake(f.AttributeName())
		casts += fmt.Sprintf(", "+fromText(f), fmt.Sprintf("c%d", j))
	}
	aliases := "tenant, digest"
	for j := range columns {
		aliases += fmt.Sprintf(", c%d", j)
	}
	if _, err := e.db.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (tenant, digest%s) SELECT tenant, digest%s FROM unnest(%s) AS u(%s) ON CONFLICT DO NOTHING", table, names, casts, parameters, aliases), args...); err != nil {
		return err
	}
	rows, err := e.db.QueryContext(ctx, fmt.Sprintf("SELECT t.id, t.tenant, t.digest FROM %s t JOIN unnest($1::int[], $2::uuid[]) AS u(tenant, digest) ON t.tenant = u.tenant AND t.digest = u.digest", table), args[:2]...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int32
		var k entityKey
		if err := rows.Scan(&id, &k.tenant, &k.key); err != nil {
			return err
		}
		e.byDigest[entity][k] = id
	}
	return rows.Err()
}

// fromText is the SQL that makes a field's column from its text; %s stands for the text.
func fromText(f *activity.Field) string {
	switch f.Type {
	case activity.Boolean:
		return "nullif(%s, '')::boolean"
	case activity.Integer:
		return "nullif(%s, '')::int"
	case activity.Number:
		return "nullif(%s, '')::real"
	case activity.List:
		return "coalesce(nullif(%s, ''), '{}')::text[]"
	}
	return "%s"
}

// digest identifies a combination of values, as a uuid. Lengths go in, so that no two combinations run together.
func digest(values []string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write(binary.AppendUvarint(nil, uint64(len(v))))
		h.Write([]byte(v))
	}
	return formatUUID([16]byte(h.Sum(nil)[:16]))
}

// sortedKeys returns a map's keys in the order in which every writer touches them, so that none waits for another in a circle.
func sortedKeys[V any](m map[entityKey]V) []entityKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b entityKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.key, b.key))
	})
}
