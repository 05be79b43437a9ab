/** Builds the app as create-plugin does: an AMD module, Grafana's libraries outside, pages as lazy chunks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import CopyPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';

/** What Grafana itself provides; exactly these. */
export const externals: Configuration['externals'] = [
  { 'amd-module': 'module' },
  'lodash',
  'jquery',
  'moment',
  'slate',
  'emotion',
  '@emotion/react',
  '@emotion/css',
  'prismjs',
  'slate-plain-serializer',
  '@grafana/slate-react',
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'react-redux',
  'redux',
  'rxjs',
  'i18next',
  'react-router',
  'd3',
  /^@grafana\/(ui|runtime|data)/,
];

export function pluginConfig(directory: string, output: string, version: string): Configuration {
  const source = join(directory, 'src');
  const { id } = JSON.parse(readFileSync(join(source, 'plugin.json'), 'utf8')) as { id: string };
  const stamp = (content: Buffer): string =>
    content
      .toString('utf8')
      .replaceAll('%VERSION%', version)
      .replaceAll('%TODAY%', new Date().toISOString().slice(0, 10));
  // Grafana shows it on a page of its own, which is not where the pictures are.
  const served = (content: Buffer): string =>
    content.toString('utf8').replaceAll('](src/img/', `](/public/plugins/${id}/img/`);
  return {
    mode: 'production',
    context: source,
    // publicPath runs before any import().
    entry: {
      module: ['./publicPath.ts', './module.tsx'],
      'panel/module': ['./panel/publicPath.ts', './panel/module.tsx'],
    },
    externals,
    devtool: 'source-map',
    resolve: { extensions: ['.tsx', '.ts', '.mjs', '.js'] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          loader: 'esbuild-loader',
          options: { target: 'es2022', jsx: 'automatic' },
        },
      ],
    },
    output: {
      clean: true,
      path: output,
      filename: '[name].js',
      chunkFilename: '[name].js?_cache=[contenthash]',
      library: { type: 'amd' },
      // The fallback; publicPath.ts sets the real one.
      publicPath: `public/plugins/${id}/`,
      uniqueName: id,
      crossOriginLoading: 'anonymous',
    },
    plugins: [
      new CopyPlugin({
        patterns: [
          { from: 'plugin.json', transform: stamp },
          { from: 'panel/plugin.json', to: 'panel', transform: stamp },
          { from: 'img', to: 'panel/img' },
          { from: 'img', to: 'img' },
          { from: 'locales', to: 'locales' },
          { from: 'panel/locales', to: 'panel/locales' },
          { from: '../README.md', transform: served },
          { from: '../CHANGELOG.md' },
          { from: '../../LICENSE', to: '[name][ext]' },
        ],
      }),
    ],
    performance: { hints: false },
  };
}
