import type { PreviewTable } from '#contract/domain/dataset-preview.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'

/** What a column of a table says about videos. */
export const columnRoles = ['none', 'path', 'label', 'split', 'start', 'end'] as const
export type ColumnRole = (typeof columnRoles)[number]

/** The role of each column of a table. */
export const rolesOf = ({ header }: Pick<PreviewTable, 'header'>, columns: TableColumns): ColumnRole[] =>
  header.map((name) => {
    if (columns.labels.includes(name)) return 'label'
    return columnRoles.find((role) => role !== 'none' && role !== 'label' && columns[role] === name) ?? 'none'
  })

/** The roles after a column got another one. Every role but a label belongs to one column. */
export const withRole = (roles: readonly ColumnRole[], column: number, role: ColumnRole): ColumnRole[] =>
  roles.map((before, index) => {
    if (index === column) return role
    return before === role && role !== 'label' ? 'none' : before
  })

/** What is missing before the columns can be read; undefined if nothing is. */
export function problemOf(roles: readonly ColumnRole[]): 'noPath' | 'halfPart' | undefined {
  if (!roles.includes('path')) return 'noPath'
  return roles.includes('start') === roles.includes('end') ? undefined : 'halfPart'
}

/** The columns of a table by their roles. */
export function columnsOf({ files, header }: PreviewTable, roles: readonly ColumnRole[]): TableColumns {
  const named = (role: ColumnRole) => header[roles.indexOf(role)]
  const [split, start, end] = [named('split'), named('start'), named('end')]
  return {
    ...(files[0] === undefined ? {} : { table: files[0] }),
    path: named('path') ?? '',
    labels: header.filter((_, column) => roles[column] === 'label'),
    ...(split === undefined ? {} : { split }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  }
}
