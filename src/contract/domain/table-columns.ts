import { z } from 'zod'

const column = z.string().min(1)

/**
 * Which columns of a table in a dataset folder say what about its videos. Columns are named as in the header, or by their number from 1.
 */
export const tableColumns = z
  .object({
    /** The table, or one of several with the same header, relative to the folder. Not needed if there is one. */
    table: z.string().min(1).optional(),
    path: column,
    /** Each becomes a label set. */
    labels: z.array(column).default([]),
    split: column.optional(),
    /** Of the part of a longer video, in seconds or as a time stamp. */
    start: column.optional(),
    end: column.optional(),
  })
  .refine(({ start, end }) => (start === undefined) === (end === undefined), {
    error: 'A part of a video needs both a column with its start and one with its end.',
  })
export type TableColumns = z.infer<typeof tableColumns>

/** The columns as the command line takes them: `path=file,label=action`. */
export const describeColumns = ({ table, path, labels, split, start, end }: TableColumns): string =>
  [
    ...(table === undefined ? [] : [`table=${table}`]),
    `path=${path}`,
    ...labels.map((label) => `label=${label}`),
    ...(split === undefined ? [] : [`split=${split}`]),
    ...(start === undefined ? [] : [`start=${start}`]),
    ...(end === undefined ? [] : [`end=${end}`]),
  ].join(',')
