import { z } from 'zod'

/** A page with the query string that shapes it: filter, columns, order and groups. */
export const savedView = z.object({
  /** Unique among the views of a page. */
  name: z
    .string()
    .trim()
    .min(1, 'A view needs a name.')
    .max(80, 'The name of a view has at most 80 characters.')
    .regex(/^[^\p{Cc}]*$/u, 'The name of a view is one line, without control characters.'),
  /** Path of the page, such as `/runs`. */
  page: z
    .string()
    .regex(/^\/[A-Za-z0-9._~/-]*$/, 'A page is a path of the window, such as /runs.')
    .max(200),
  /** Query string of the address, without the question mark. */
  query: z
    .string()
    .regex(/^[^\s?#]*$/, 'A query string has no spaces, "?" or "#".')
    .max(16_000, 'The address of a view has at most 16,000 characters.'),
})
export type SavedView = z.infer<typeof savedView>
