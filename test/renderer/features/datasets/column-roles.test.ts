import { expect, test } from 'vitest'
import { columnsOf, problemOf, rolesOf, withRole } from '#renderer/features/datasets/column-roles.ts'

const table = {
  files: ['train.csv', 'val.csv'],
  header: ['file', 'verb', 'noun', 'from', 'to', 'fold'],
  rows: [],
  suggestion: { path: 'file', labels: ['verb', 'noun'] },
}

test('roles of columns become columns and back', () => {
  const roles = rolesOf(table, table.suggestion)
  expect(roles).toEqual(['path', 'label', 'label', 'none', 'none', 'none'])
  const chosen = withRole(withRole(withRole(roles, 3, 'start'), 4, 'end'), 5, 'split')
  const columns = columnsOf(table, chosen)
  expect(columns).toEqual({
    table: 'train.csv',
    path: 'file',
    labels: ['verb', 'noun'],
    split: 'fold',
    start: 'from',
    end: 'to',
  })
  expect(rolesOf(table, columns)).toEqual(chosen)
})

test('a role other than a label moves to the column that got it', () => {
  expect(withRole(['path', 'label', 'none'], 2, 'path')).toEqual(['none', 'label', 'path'])
  expect(withRole(['path', 'label', 'none'], 2, 'label')).toEqual(['path', 'label', 'label'])
  expect(withRole(['path', 'none', 'none'], 2, 'none')).toEqual(['path', 'none', 'none'])
})

test('a path, and both ends of a part or none, are needed', () => {
  expect(problemOf(['none', 'label'])).toBe('noPath')
  expect(problemOf(['path', 'start'])).toBe('halfPart')
  expect(problemOf(['path', 'end'])).toBe('halfPart')
  expect(problemOf(['path', 'start', 'end'])).toBeUndefined()
})
