import { z } from 'zod'

export const maxTags = 32

/** Colours that a run or a pipeline can be marked with. The window has a shade of each for both themes. */
export const colours = ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink', 'grey'] as const
export const colour = z.enum(colours, `A colour is one of ${colours.join(', ')}.`)
export type Colour = z.infer<typeof colour>

export const tag = z
  .string()
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'A tag has lower-case letters, digits and single hyphens between them, such as "ablation" or "lr-sweep".',
  )
  .max(40, 'A tag has at most 40 characters.')

const tags = z
  .array(tag)
  .transform((list) => [...new Set(list)].toSorted())
  .pipe(z.array(tag).max(maxTags, `There are at most ${maxTags} tags.`))

const displayName = z
  .string()
  .trim()
  .min(1, 'A name has at least one character. Without a name, the id is shown.')
  .max(120, 'A name has at most 120 characters.')
  .regex(/^[^\p{Cc}]*$/u, 'A name is one line, without control characters.')

/** How the user organizes a run or a pipeline. It does not change what is computed. */
export const organization = z.object({
  /** Shown instead of the id. */
  name: displayName.nullable(),
  /** Without duplicates, sorted. */
  tags,
  /** Plain text; may have several lines. */
  note: z.string().max(10_000, 'A note has at most 10,000 characters.'),
  colour: colour.nullable(),
  isStarred: z.boolean(),
  /** Archived runs and pipelines stay in the workspace; lists hide them unless asked. */
  isArchived: z.boolean(),
})
export type Organization = z.infer<typeof organization>

export const unorganized: Organization = {
  name: null,
  tags: [],
  note: '',
  colour: null,
  isStarred: false,
  isArchived: false,
}

export const organizedKind = z.enum(['run', 'pipeline'])
export type OrganizedKind = z.infer<typeof organizedKind>

/** Fields that are not given stay as they are. */
export const organizationChange = z.object({ kind: organizedKind, id: z.string(), set: organization.partial() })
export type OrganizationChange = z.infer<typeof organizationChange>

/** Tags with some added and some removed, sorted. */
export const changedTags = (
  current: readonly string[],
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): string[] => [...new Set([...current, ...add])].filter((name) => !remove.includes(name)).toSorted()

/** The text as a tag, for what a user types: `LR sweep ` is `lr-sweep`. Undefined if it has no letter or digit. */
export function tagFrom(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return tag.safeParse(name).data
}
