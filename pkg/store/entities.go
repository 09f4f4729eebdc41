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
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// entities turns what records mention into ids, and caches them. Entities are written before the batch that needs them,
// in transactions of their own: two writers that meet the same new user wait for a moment, not for a batch, and an entity
// that a crash leaves unused is the one the repeated batch needs.
type entities struct {
	db         *DB
	tenants    *dictionary
	dictionary *dictionary     // of the texts that groupings count by
	written    map[string]bool // identifiers that are not GUIDs
	caches     map[*activity.Entity]*entityCache
	buffer     []byte
}

// entityCache is what is known of the things of one entity.
type entityCache struct {
	columns        []*activity.Field
	keyAt          int                // among the columns; -1 for combinations, whose key is a digest
	upsert, lookup string             // statements
	mentions       map[string]mention // by all that identifies a mention
	ids            map[entityKey]int32
	names          map[entityKey]names // but for combinations
}

// mention is an entity as records recently mentioned it, and the last day of those.
type mention struct {
	id  int32
	day int64
}

type entityKey struct {
	Tenant int32
	Key    string
}

// names are an entity's attributes as records of a day have them.
type names struct {
	day    string
	filled int
	values []string
}

func newNames(day string, values []string) names {
	n := names{day: day, values: values}
	for _, v := range values {
		if v != "" {
			n.filled++
		}
	}
	return n
}

// supersedes reports whether n replaces old: more names win, then later ones, then the greater. What remains does not
// depend on the order in which records arrive.
func (n names) supersedes(old names) bool {
	return cmp.Or(cmp.Compare(n.filled, old.filled), cmp.Compare(n.day, old.day), slices.Compare(n.values, old.values)) > 0
}

const (
	mentionLimit = 50_000
	cacheLimit   = 500_000
)

// bound empties a cache that has outgrown its limit.
func bound[K comparable, V any](cache map[K]V, limit int) {
	if len(cache) > limit {
		clear(cache)
	}
}

func newEntities(db *DB) *entities {
	e := &entities{
		db: db, tenants: tenantDictionary(db), dictionary: newDictionary(db, "entra.word", "text"),
		written: map[string]bool{}, caches: map[*activity.Entity]*entityCache{},
	}
	for _, kind := range activity.Kinds() {
		for _, entity := range kind.Entities() {
			c := &entityCache{columns: attributes(entity)}
			c.mentions, c.ids, c.names = map[string]mention{}, map[entityKey]int32{}, map[entityKey]names{}
			c.keyAt = slices.IndexFunc(c.columns, func(f *activity.Field) bool { return f.AttributeName() == entity.Key })
			c.upsert, c.lookup = entityStatements(entity, c.columns)
			e.caches[entity] = c
		}
	}
	return e
}

// entityStatements returns the statements that write things of an entity and read them back. Their parameters are arrays:
// tenants, keys and, for writing, the texts of each column and the days of the names.
func entityStatements(entity *activity.Entity, attributes []*activity.Field) (upsert, lookup string) {
	key, keyType := "digest", "uuid"
	if entity.Key != "" {
		key, keyType = "key", "text"
	}
	columns, values, parameters := []string{"tenant", key}, []string{"tenant", key}, "$1::int[], $2::"+keyType+"[]"
	for i, f := range attributes {
		column := activity.SnakeCase(f.AttributeName())
		columns, values = append(columns, column), append(values, fmt.Sprintf(cmp.Or(fromText[f.Type], "%s"), column))
		parameters += fmt.Sprintf(", $%d::text[]", i+3)
	}
	conflict, day, named := "DO NOTHING", "''", "'{}'::text[]"
	if entity.Key != "" {
		var sets, excluded, stored []string
		for _, c := range columns[2:] {
			sets = append(sets, c+" = excluded."+c)
			excluded, stored = append(excluded, "excluded."+c), append(stored, "t."+c)
		}
		conflict = fmt.Sprintf("(tenant, key) DO UPDATE SET %s, named_on = excluded.named_on WHERE %s > %s",
			strings.Join(sets, ", "), rank("excluded.named_on", excluded), rank("t.named_on", stored))
		parameters += fmt.Sprintf(", $%d::date[]", len(columns)+1)
		columns, values = append(columns, "named_on"), append(values, "named_on")
		day, named = "t.named_on::text", "ARRAY["+strings.Join(stored, ", ")+"]"
	}
	list := strings.Join(columns, ", ")
	upsert = fmt.Sprintf("INSERT INTO %s AS t (%s) SELECT %s FROM unnest(%s) AS u(%[2]s) ON CONFLICT %[5]s",
		EntityTable(entity), list, strings.Join(values, ", "), parameters, conflict)
	lookup = fmt.Sprintf("SELECT t.id, t.tenant, t.%s AS key, %s AS day, %s AS names"+
		" FROM %s t JOIN unnest($1::int[], $2::%s[]) AS u(tenant, key) ON t.tenant = u.tenant AND t.%[1]s = u.key",
		key, day, named, EntityTable(entity), keyType)
	return upsert, lookup
}

// rank is the SQL of what names.supersedes compares.
func rank(day string, columns []string) string {
	filled, texts := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		filled[i], texts[i] = "("+c+" <> '')::int", c+` COLLATE "C"`
	}
	return fmt.Sprintf("(%s, %s, %s)", strings.Join(filled, " + "), day, strings.Join(texts, ", "))
}

// fromText is the SQL that makes a column from a text, for which %s stands; columns of other types are texts.
var fromText = map[activity.Type]string{
	activity.Boolean: "nullif(%s, '')::boolean",
	activity.Integer: "nullif(%s, '')::int",
	activity.Number:  "nullif(%s, '')::real",
	activity.List:    "coalesce(nullif(%s, ''), '{}')::text[]",
}

// resolve gives an id to everything the records mention, and returns for each record its references, in the order of its
// kind's entities.
func (e *entities) resolve(ctx context.Context, kind *activity.Kind, records []*activity.Record) ([][]int32, error) {
	bound(e.dictionary.ids, cacheLimit)
	for _, r := range records {
		e.tenants.want(r.Tenant)
		for _, g := range layouts[kind].groupings {
			g.texts(r, e.dictionary.want)
		}
	}
	if err := e.tenants.resolve(ctx); err != nil {
		return nil, err
	}
	if err := e.dictionary.resolve(ctx); err != nil {
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

// resolveEntity returns the ids of the entities that records mention; 0 where one mentions none. Most records repeat a
// recent mention, which gives the id without a closer look.
func (e *entities) resolveEntity(
	ctx context.Context, kind *activity.Kind, entity *activity.Entity, records []*activity.Record,
) ([]int32, error) {
	c := e.caches[entity]
	bound(c.mentions, mentionLimit)
	ids := make([]int32, len(records))
	var others []*activity.Record
	var at []int
	var texts []string
	for i, r := range records {
		e.buffer = e.appendMention(e.buffer[:0], kind, entity, r)
		m, ok := c.mentions[string(e.buffer)]
		if ok && (entity.Key == "" || day(r) <= m.day) {
			ids[i] = m.id
			continue
		}
		others, at, texts = append(others, r), append(at, i), append(texts, string(e.buffer))
	}
	if len(others) == 0 {
		return ids, nil
	}
	found, err := e.resolveUncached(ctx, kind, entity, others)
	for i, id := range found {
		ids[at[i]] = id
		c.mentions[texts[i]] = mention{id, max(c.mentions[texts[i]].day, day(others[i]))}
	}
	return ids, err
}

// appendMention appends what distinguishes a record's mention of an entity from others.
func (e *entities) appendMention(b []byte, kind *activity.Kind, entity *activity.Entity, r *activity.Record) []byte {
	add := func(text string) { b = append(binary.AppendUvarint(b, uint64(len(text))), text...) }
	add(kind.Name)
	b = binary.AppendVarint(b, int64(e.tenants.ids[r.Tenant]))
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

// day returns the number of a record's day.
func day(r *activity.Record) int64 { return r.Time.Unix() / (24 * 60 * 60) }

func (e *entities) resolveUncached(
	ctx context.Context, kind *activity.Kind, entity *activity.Entity, records []*activity.Record,
) ([]int32, error) {
	c := e.caches[entity]
	bound(c.ids, cacheLimit)
	bound(c.names, cacheLimit)
	keys := make([]entityKey, len(records))
	pending := map[entityKey]names{}
	for i, r := range records {
		values, present := attributeValues(kind, entity, r)
		if !present {
			continue
		}
		n := newNames(r.Time.UTC().Format(time.DateOnly), values)
		keys[i] = entityKey{e.tenants.ids[r.Tenant], c.key(values)}
		best, known := pending[keys[i]]
		if !known {
			best = c.names[keys[i]]
			_, known = c.ids[keys[i]]
		}
		if !known || entity.Key != "" && n.supersedes(best) {
			pending[keys[i]] = n
		}
	}
	if err := e.write(ctx, c, pending); err != nil {
		return nil, err
	}
	ids := make([]int32, len(records))
	for i, key := range keys {
		ids[i] = c.ids[key]
	}
	return ids, nil
}

// key returns the key of an entity: its id or, where it has none, its first name; the digest of a combination.
func (c *entityCache) key(values []string) string {
	if c.keyAt < 0 {
		return digest(values)
	}
	return cmp.Or(values[c.keyAt], strings.ToLower(cmp.Or(values...)))
}

// write stores entities and caches their ids and names.
func (e *entities) write(ctx context.Context, c *entityCache, pending map[entityKey]names) error {
	if len(pending) == 0 {
		return nil
	}
	// Every writer takes the keys in the same order, so that writers never wait for each other in a circle.
	keys := slices.SortedFunc(maps.Keys(pending), func(a, b entityKey) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Key, b.Key))
	})
	args := []any{
		column(keys, func(k entityKey) int32 { return k.Tenant }),
		column(keys, func(k entityKey) string { return k.Key }),
	}
	for i := range c.columns {
		args = append(args, column(keys, func(k entityKey) string { return pending[k].values[i] }))
	}
	if c.keyAt >= 0 {
		args = append(args, column(keys, func(k entityKey) string { return pending[k].day }))
	}
	if _, err := e.db.ExecContext(ctx, c.upsert, args...); err != nil {
		return err
	}
	var rows []struct {
		entityKey
		ID    int32
		Day   string
		Names pq.StringArray
	}
	err := e.db.SelectContext(ctx, &rows, c.lookup, args[:2]...)
	for _, row := range rows {
		if c.ids[row.entityKey] = row.ID; c.keyAt >= 0 {
			c.names[row.entityKey] = newNames(row.Day, row.Names)
		}
	}
	return err
}

// writeIdentifiers keeps the text of identifiers that are not GUIDs.
func (e *entities) writeIdentifiers(ctx context.Context, kind *activity.Kind, records []*activity.Record) error {
	bound(e.written, cacheLimit)
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
	_, err := e.db.ExecContext(ctx, `INSERT INTO entra.identifier (id, text) SELECT * FROM unnest($1::uuid[], $2::text[])
ON CONFLICT DO NOTHING`, pq.Array(ids), column(ids, func(id string) string { return texts[id] }))
	if err == nil {
		for _, text := range texts {
			e.written[text] = true
		}
	}
	return err
}

// attributeValues returns a record's attributes of an entity, in the order of the entity's columns. present is false
// where the record has none.
func attributeValues(kind *activity.Kind, entity *activity.Entity, r *activity.Record) (values []string, present bool) {
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
			if values[i] = r.Get(f); values[i] != "" && f.Path != "" { // a derived value alone says nothing
				present = true
			}
		}
	}
	return values, present
}

// digest identifies a combination of values, as a uuid. Lengths go in, so that no two combinations run together.
func digest(values []string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write(binary.AppendUvarint(nil, uint64(len(v))))
		h.Write([]byte(v))
	}
	return uuid.UUID(h.Sum(nil)[:16]).String()
}
