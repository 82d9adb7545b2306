import { field } from './fields.ts';

/** The fields of a list that is read a page at a time: names after `after`, `limit` of them. */
export const pageFields = { after: field.text().optional(), limit: field.integer().optional() };

export interface PageFields {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Names in one answer at most, whatever was asked for. */
export const largestPage = 10_000;

/** How many names to read: all that fit into one answer when no limit, or none above 0, was sent. */
export const pageLength = ({ limit = 0 }: PageFields): number =>
  limit > 0 ? Math.min(limit, largestPage) : largestPage;
