// How the fields of a result are shown: a panel's defaults and overrides. Grafana knows the options of its own panels
// from registries that it does not publish; here every option that a panel uses counts as known.
import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

type Item = Pick<FieldConfigPropertyItem, 'id' | 'process' | 'shouldApply'>;

const always = () => true;
const item = (
  id: string,
  process: Item['process'] = identityOverrideProcessor,
  shouldApply: Item['shouldApply'] = always
) =>
  ({
    id,
    path: id.replace(/^custom\./, ''),
    name: id,
    process,
    shouldApply,
    isCustom: id.startsWith('custom.'),
  }) as FieldConfigPropertyItem;

const standard = [
  item('unit', unitOverrideProcessor),
  item('min', numberOverrideProcessor),
  item('max', numberOverrideProcessor),
  item('decimals', numberOverrideProcessor),
  item('displayName', displayNameOverrideProcessor),
  item('noValue', stringOverrideProcessor),
  item('color', identityOverrideProcessor),
  item('thresholds', thresholdsOverrideProcessor),
  item('mappings', valueMappingsOverrideProcessor),
  item('links', dataLinksOverrideProcessor),
  item('actions'),
  item('fieldMinMax'),
  item('filterable', identityOverrideProcessor, ({ type }) => type !== FieldType.frame),
];

export function registryFor({ defaults, overrides }: FieldConfigSource): FieldConfigOptionsRegistry {
  const custom = Object.keys(defaults.custom ?? {}).map((name) => `custom.${name}`);
  const overridden = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const ids = new Set([...custom, ...overridden].filter((id) => id.startsWith('custom.')));
  return new FieldConfigOptionsRegistry(() => [...standard, ...Array.from(ids, (id) => item(id))]);
}

/** Transformations and displays that name no registry use this one. */
export function installRegistry() {
  standardFieldConfigEditorRegistry.setInit(() => standard);
}

const color = { defaults: { color: { mode: 'palette-classic' } }, overrides: [] };

export function fieldConfigOf(saved?: FieldConfigSource): FieldConfigSource {
  const { defaults, overrides } = saved ?? color;
  return {
    defaults: { color: { mode: 'palette-classic' }, ...defaults },
    overrides: overrides ?? [],
  } as FieldConfigSource;
}
