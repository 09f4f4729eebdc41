import type { Filter } from '../../src/types';
import type { PanelModel } from '../page/model';
import {
  count,
  dashboards,
  DAY,
  expect,
  newest,
  openDashboard,
  painted,
  panel,
  panelsOf,
  rowsOf,
  settled,
  test,
} from './preview';

const overview = dashboards.find(({ uid }) => uid === 'entra-overview')!;
const report = dashboards.find(({ uid }) => uid === 'entra-sign-ins')!;
const list: PanelModel = panelsOf(report).find(
  ({ type, targets }) => type === 'table' && targets?.[0].view === 'list'
)!;
const graph: PanelModel = panelsOf(overview).find(
  ({ type, fieldConfig }) =>
    type === 'timeseries' && fieldConfig?.defaults.links?.some(({ url }) => url.includes('/d/entra-sign-ins'))
)!;
const model = list.targets![0];

/** The variable that a filter's value is, if it is one. */
const variableOf = ({ values }: Filter) => /^\$\{?(\w+)(?::\w+)?\}?$/.exec(values[0] ?? '')?.[1];

/** The list's filters, with what an address chooses, or else the dashboard itself, in the place of variables. */
function filtersAt(params: URLSearchParams): Filter[] {
  return model.filters.flatMap((filter) => {
    const name = variableOf(filter);
    if (!name) {
      return filter;
    }
    const chosen = params.getAll(`var-${name}`);
    const initial = report.templating?.list?.find((each) => each.name === name)?.current?.value ?? [];
    const values = chosen.length > 0 ? chosen : [initial].flat().map(String);
    return values.some((value) => value === '$__all' || value === '*') ? [] : { ...filter, values };
  });
}

for (const [period, length] of [
  ['day', DAY],
  ['week', 7 * DAY],
] as const) {
  test(`a click on a ${period} leads to the list of that ${period}`, async ({ page, request }) => {
    await openDashboard(page, `/d/${overview.uid}?timezone=utc`);
    const drawn = panel(page, graph.id);
    const area = (await drawn.locator('.u-over').boundingBox())!;
    const lead = page.getByRole('link', { name: `of this ${period}` });
    // Series lie somewhere above the middle of the graph; a click near one pins what it says.
    for (let share = 0.02; share < 1 && (await lead.count()) === 0; share += 0.03) {
      await page.mouse.move(area.x + area.width * 0.45, area.y + area.height * share);
      await page.mouse.click(area.x + area.width * 0.45, area.y + area.height * share);
      await painted(page);
      if ((await lead.count()) === 0) {
        await page.keyboard.press('Escape');
      }
    }
    await lead.first().click();
    await expect(page).toHaveURL(/\/d\/entra-sign-ins/);
    await settled(page);

    const params = new URL(page.url()).searchParams;
    const begin = Number(params.get('time') ?? params.get('from'));
    expect(begin).toBeGreaterThan(0);
    const end = params.has('to') ? Date.parse(params.get('to')!) : begin + DAY;
    expect(end - begin).toBe(length);
    expect(params.get('var-status')).toBeTruthy();
    const expected = await count(request, model.queryType, filtersAt(params), begin, end);
    await expect.poll(() => rowsOf(panel(page, list.id))).toBe(Math.min(expected, model.limit ?? 1000));

    const dates = await panel(page, list.id)
      .getByRole('gridcell', { name: /^\d{4}-\d{2}-\d{2} / })
      .allTextContents();
    for (const date of dates) {
      const at = Date.parse(`${date.slice(0, 19).replace(' ', 'T')}Z`);
      expect(at, date).toBeGreaterThanOrEqual(begin);
      expect(at, date).toBeLessThan(end);
    }
  });
}

test.describe('each filter of the report narrows the list', () => {
  for (const filter of model.filters) {
    const name = variableOf(filter);
    const variable = report.templating?.list?.find((each) => each.name === name);
    if (!name || !variable) {
      continue;
    }
    test(variable.label ?? name, async ({ page, request }) => {
      const [from, to] = [Date.now() - 3 * DAY, Date.now() - DAY];
      await openDashboard(page, `/d/${report.uid}?from=${from}&to=${to}`);
      const control = page.locator(`#var-${name}`);

      const others = filtersAt(new URLSearchParams()).filter(({ field }) => field !== filter.field);
      const period = { from, to, filters: others };
      const value =
        variable.type === 'textbox' // each record has its own: there are none to choose from
          ? (await newest(request, model.queryType, filter.field, period))[0]
          : await someValue(request, filter.field, period);
      await control.click();
      await control.fill(value);
      if (variable.type !== 'textbox') {
        const options = page.getByRole('option');
        await expect(options.first()).toBeVisible();
        const same = options.filter({ hasText: new RegExp(`^${value.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&')}$`, 'i') });
        await ((await same.count()) > 0 ? same.first() : options.first()).click();
      }
      await page.keyboard.press(variable.type === 'textbox' ? 'Enter' : 'Escape');
      await expect(page).toHaveURL(new RegExp(`var-${name}=`));
      await settled(page);

      const expected = await count(request, model.queryType, filtersAt(new URL(page.url()).searchParams), from, to);
      expect(expected, 'records with this value').toBeGreaterThan(0);
      await expect.poll(() => rowsOf(panel(page, list.id))).toBe(Math.min(expected, model.limit ?? 1000));
      expect(expected).toBeLessThanOrEqual(await count(request, model.queryType, others, from, to));
    });
  }
});

/** A value that the plugin offers to choose, of records in the range that fit. */
async function someValue(
  request: Parameters<typeof count>[0],
  field: string,
  { from, to, filters }: { from: number; to: number; filters: Filter[] }
): Promise<string> {
  const parameters = { kind: model.queryType, field, limit: 1, from, to, filters: JSON.stringify(filters) };
  const response = await request.get('/api/datasources/uid/entra-activity/resources/values', { params: parameters });
  expect(response.ok(), await response.text()).toBe(true);
  const { values } = await response.json();
  expect(values.length, `values of ${field}`).toBeGreaterThan(0);
  return values[0].value;
}
