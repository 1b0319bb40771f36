import {
  describeFrames,
  ERROR_STATUS,
  ErrorBody,
  ROUTES,
  SOCKETS,
  type Route,
  type RouteAccess,
} from '@sotto/protocol/wire';
import { z } from 'zod';
import { VERSION } from '../version.js';

type Json = Readonly<Record<string, unknown>>;

/** Who may call, in words. */
const ACCESS: Readonly<Record<RouteAccess, string>> = {
  public: 'Anyone.',
  account: 'An access token of either scope.',
  device: 'An access token of a device on the list.',
  deviceOrAccessKey: 'An access token of a device, or the access key of the person in question in the body.',
  deviceOrClaimant: 'An access token of a device, or the secret of the new device of this link in the body.',
};

const OPTIONAL_TOKEN: readonly RouteAccess[] = ['deviceOrAccessKey', 'deviceOrClaimant'];

const securityOf = (access: RouteAccess): Json => {
  if (access === 'public') return { security: [] };
  return { security: OPTIONAL_TOKEN.includes(access) ? [{ accessToken: [] }, {}] : [{ accessToken: [] }] };
};

/** As a client writes it. What a schema cannot say about a custom type, its `meta` says. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return described;
};

const parametersOf = ({ path, query }: Route): Json[] => {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 128 },
  }));
  if (query === undefined) return inPath;
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  return [...inPath, ...inQuery];
};

const bodyOf = ({ body, raw }: Route): Json => {
  if (body === undefined) return {};
  const type = raw === 'body' ? 'application/octet-stream' : 'application/json';
  return { requestBody: { required: true, content: { [type]: { schema: schemaOf(body, 'input') } } } };
};

const operationOf = (name: string, route: Route): Json => {
  const type = route.raw === 'response' ? 'application/octet-stream' : 'application/json';
  return {
    operationId: name,
    summary: route.summary,
    description: ACCESS[route.access],
    ...securityOf(route.access),
    parameters: parametersOf(route),
    ...bodyOf(route),
    responses: {
      '200': {
        description: 'Done.',
        // A response is encoded: what stands in it is what its schema takes.
        content: { [type]: { schema: schemaOf(route.response, 'input') } },
      },
      default: { $ref: '#/components/responses/Refusal' },
    },
  };
};

const pathsOf = (): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return paths;
};

/**
 * The description of the API (OpenAPI 3.1), made from the schemas that the server itself checks with. Frames of the sockets, which
 * OpenAPI has no words for, stand in `x-frames`.
 */
export const openApi = (): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Sotto',
    version: VERSION,
    summary: 'The server stores sealed envelopes, public keys and metadata, and can read none of what people say.',
    description: 'What is described here is written down in protocol/SPEC.md, with the cryptography behind it.',
    license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
  },
  paths: pathsOf(),
  components: {
    securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    responses: {
      Refusal: {
        description: 'Refused. Clients branch on the code alone.',
        content: { 'application/json': { schema: schemaOf(ErrorBody, 'input') } },
      },
    },
  },
  'x-error-codes': ERROR_STATUS,
  'x-sockets': SOCKETS,
  'x-frames': describeFrames(),
});
