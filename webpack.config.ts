import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';

import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

// Dashboards live at the root because a Go program generates them; Grafana looks for them beside plugin.json.
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  base.plugins?.push(
    new CopyWebpackPlugin({
      patterns: [{ from: '../dashboards/*.json', to: 'dashboards/[name][ext]', noErrorOnMissing: true }],
    })
  );
  return base;
};

export default config;
