// Dates in tests mean the same everywhere.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

const [swc] = Object.values(base.transform);

// Packages below @grafana/ui and @grafana/plugin-ui that ship ES modules only.
const esModules = [
  ...grafanaESModules,
  '@grafana',
  '@marcbachmann',
  '@openfeature',
  '@react-hookz',
  '@ver0',
  'acorn-typescript',
  'color-.*',
  'd3-.*',
  'date-fns',
  'delaunator',
  'earcut',
  'geotiff',
  'internmap',
  'lerc',
  'lodash-es',
  'pbf',
  'quick-lru',
  'quickselect',
  'rbush',
  'react-data-grid',
  'robust-predicates',
  'web-worker',
  'zstddec',
];

module.exports = {
  ...base,
  setupFiles: ['<rootDir>/jest-polyfills.js'],
  // A test of a whole form may take its time on a busy machine. It ends long before, or hangs.
  testTimeout: 180_000,
  transform: { '^.+\\.m?[tj]sx?$': swc },
  transformIgnorePatterns: [nodeModulesToTransform(esModules)],
};
