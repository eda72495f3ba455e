import { expect, test } from 'vitest'
import { toJson } from '#node/json-file.ts'

test('a number that JSON cannot hold is refused by the name of its field, and never becomes null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(() => toJson({ result: { top1: value } })).toThrow(`The value of top1 is ${value}, which JSON cannot hold.`)
  expect(JSON.parse(toJson({ a: [1, null, 'NaN'] }))).toEqual({ a: [1, null, 'NaN'] })
  expect(toJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}')
})
