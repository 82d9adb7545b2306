export type { Answer, AuthBlock } from './answer.ts';
export { type Fields, type FieldValues, field } from './fields.ts';
export { engineKey, MountRouter, type Routed } from './mount-router.ts';
export { largestPage, type PageFields, pageFields, pageLength } from './page.ts';
export { type ParsedFields, parseFields } from './parse-fields.ts';
export { type Connection, type EngineRequest, requirePrincipal } from './request.ts';
export { type Access, type AnyRoute, access, type RouteSpec, type RouteVerb, route } from './route.ts';
export { type RouteMatch, RouteTable } from './route-table.ts';
