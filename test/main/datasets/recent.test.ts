import { expect, test } from 'vitest'
import { Recent } from '#main/datasets/recent.ts'

test('the result that was used longest ago is forgotten first', () => {
  const recent = new Recent<string[]>(2)
  const computed: string[] = []
  const get = (key: string) =>
    recent.get(key, () => {
      computed.push(key)
      return [key]
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(get(key)).toEqual([key])
  expect(computed).toEqual(['a', 'b', 'c', 'b'])
  recent.clear()
  get('b')
  expect(computed).toEqual(['a', 'b', 'c', 'b', 'b'])
})
