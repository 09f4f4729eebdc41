// Bundles the preview's page. The CommonJS builds of Grafana's packages are forced: with the others, react-custom-scrollbars breaks.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

const commonjs = {
  name: 'commonjs',
  setup(bundler) {
    bundler.onResolve({ filter: /^@grafana\/(ui|data|runtime|plugin-ui|i18n)$/ }, ({ path }) => ({
      path: join(modules, path, 'dist', 'cjs', 'index.cjs'),
    }));
    bundler.onResolve({ filter: /^@grafana\/(ui|data|runtime)\/(unstable|internal)$/ }, ({ path }) => {
      const [scope, name, part] = path.split('/');
      return { path: join(modules, scope, name, 'dist', 'cjs', `${part}.cjs`) };
    });
  },
};

await build({
  absWorkingDir: root,
  entryPoints: { preview: join(root, 'preview', 'page', 'main.tsx') },
  outdir: join(root, 'bin', 'preview'),
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  loader: { '.svg': 'dataurl', '.png': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl' },
  mainFields: ['browser', 'main', 'module'],
  plugins: [commonjs],
  logLevel: 'error',
});
