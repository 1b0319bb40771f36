import { describeFrames, ERROR_STATUS, SOCKETS, type FrameDescription } from '@sotto/protocol/wire';
import { openApi } from './openapi.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: { readonly '200': { readonly content: Readonly<Record<string, { readonly schema: unknown }>> } };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const json = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, undefined, 2))}</pre>`;

const contentOf = (title: string, content: Readonly<Record<string, { readonly schema: unknown }>>): string =>
  Object.entries(content)
    .map(([type, { schema }]) => `<h4>${title} <small>${escaped(type)}</small></h4>${json(schema)}`)
    .join('');

const operation = (path: string, method: string, described: Operation): string => `
<details id="${escaped(described.operationId)}">
<summary><b class="${method}">${method.toUpperCase()}</b> <code>${escaped(path)}</code> ${escaped(described.summary)}</summary>
<p>${escaped(described.description)}</p>
${described.parameters.map(({ name, in: place }) => `<p><code>${escaped(name)}</code> in the ${escaped(place)}</p>`).join('')}
${described.requestBody === undefined ? '' : contentOf('Body', described.requestBody.content)}
${contentOf('Answer', described.responses['200'].content)}
</details>`;

const frame = ({ name, direction, summary, sockets, access, limits, answer, fields }: FrameDescription): string => `
<details id="frame-${escaped(name)}">
<summary><b>${direction === 'toServer' ? '→ server' : '← client'}</b> <code>${escaped(name)}</code> ${escaped(summary)}</summary>
<p>On: ${sockets.join(', ')}.${access === undefined ? '' : ` Access: ${access}.`}${limits === undefined ? '' : ` Limits: ${limits.join(', ')}.`}${answer === undefined ? '' : ` Answer: ${answer}, or failure.`}</p>
<table>${fields
  .map(
    (field) =>
      `<tr><td>${field.number}</td><td><code>${escaped(field.name)}</code></td><td>${field.repeated ? 'repeated ' : ''}${escaped(field.type)}</td></tr>`,
  )
  .join('')}</table>
</details>`;

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border-top: 1px solid #8884; padding: .4rem 0; }
summary { cursor: pointer; }
pre { overflow-x: auto; background: #8881; padding: .75rem; border-radius: .5rem; font-size: .85rem; }
b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; } td { padding: .15rem .75rem .15rem 0; }
`;

/** The API to look through in a browser: one page, without script and without any request to elsewhere. */
export const docsPage = (): string => {
  const { paths } = openApi() as { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operation(path, method, described)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sotto API</title>
<style>${STYLE}</style></head><body>
<h1>Sotto API</h1>
<p>The same as OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a>. Bytes are base64url without padding, times are milliseconds.</p>
<h2>Calls</h2>${operations.join('')}
<h2>Frames</h2>
<p>Binary protobuf (<code>protocol/proto/wire/wire.proto</code>), one frame a message, on <code>${SOCKETS.authenticated}</code> and <code>${SOCKETS.anonymous}</code>.</p>
${describeFrames().map(frame).join('')}
<h2>Refusals</h2><table>${Object.entries(ERROR_STATUS)
    .map(([code, status]) => `<tr><td>${status}</td><td><code>${code}</code></td></tr>`)
    .join('')}</table>
</body></html>`;
};
