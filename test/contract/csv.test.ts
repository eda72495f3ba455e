import { expect, test } from 'vitest'
import { csvOf } from '#contract/csv.ts'

test('fields are quoted if they have to be, and numbers keep every digit', () =>
  expect(
    csvOf([
      ['Run', 'Top-1'],
      ['a, "b"\nc', 0.1 + 0.2],
      [null, Number.NaN],
    ]),
  ).toBe('Run,Top-1\r\n"a, ""b""\nc",0.30000000000000004\r\n,NaN\r\n'))
