import { signIn } from '../testing';
import type { CatalogueField, Filter } from '../types';
import { newFilter, restricts, withField, withOperator, withValues } from './filters';

const field = (name: string) => signIn.fields.find((candidate) => candidate.name === name) as CatalogueField;

const filter = (operator: Filter['operator'], ...values: string[]): Filter => ({
  field: 'appDisplayName',
  operator,
  values,
});

test.each([
  ['a value', ['Azure Portal'], true],
  ['no values', [], false],
  ['All, as Grafana writes it', ['$__all'], false],
  ['All among others', ['Azure Portal', '$__all'], false],
  ['a star', ['*'], false],
])('%s: restricts %p = %p', (_, values, expected) => {
  expect(restricts(filter('=', ...values))).toBe(expected);
});

test('a star is no All for a regular expression', () => {
  expect(restricts(filter('=~', '*'))).toBe(true);
});

test('a new filter restricts nothing', () => {
  expect(restricts(newFilter(field('status')))).toBe(false);
});

test('another field keeps the comparison it knows', () => {
  expect(withField(filter('in', 'a', 'b'), field('status'))).toEqual({ field: 'status', operator: 'in', values: [] });
});

test('another field starts with its own comparison otherwise', () => {
  expect(withField(filter('contains', 'a'), field('ipAddress'))).toEqual({
    field: 'ipAddress',
    operator: '=',
    values: [],
  });
});

test('a comparison with one value keeps the first', () => {
  expect(withOperator(filter('in', '1', '2'), '>=').values).toEqual(['1']);
});

test.each([
  ['=', 'in'],
  ['!=', 'notIn'],
  ['contains', 'contains'],
] as const)('several values turn %s into %s', (before, after) => {
  expect(withValues(filter(before), ['a', 'b'])).toEqual(filter(after, 'a', 'b'));
  expect(withValues(filter(before), ['a'])).toEqual(filter(before, 'a'));
});
