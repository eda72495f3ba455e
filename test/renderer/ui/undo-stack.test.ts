import { expect, test } from 'vitest'
import { UndoStack, type UndoableAct } from '#renderer/ui/undo-stack.ts'

/** A value that acts set, and how it came to be. */
function world() {
  const values = new Map<string, string>()
  const set = (key: string, value: string, title = `${key}=${value}`): UndoableAct => {
    const before = values.get(key) ?? ''
    values.set(key, value)
    return { title, touches: [key], revert: () => Promise.resolve(set(key, before, title)) }
  }
  return { set, get: (key: string) => values.get(key) }
}

test('undoes from the newest act on, and does it again until something else is done', async () => {
  const { set, get } = world()
  const stack = new UndoStack(() => true)
  stack.push(set('name', 'a'))
  stack.push(set('name', 'b'))
  await Promise.all([stack.undo(), stack.undo()])
  expect(get('name')).toBe('')
  expect(await stack.undo()).toEqual({ kind: 'nothing' })
  expect(await stack.redo()).toMatchObject({ kind: 'reversed', act: { title: 'name=a' } })
  expect(get('name')).toBe('a')
  stack.push(set('star', 'on'))
  expect(await stack.redo()).toEqual({ kind: 'nothing' })
  await stack.undo()
  await stack.undo()
  expect([get('star'), get('name')]).toEqual(['', ''])
})

test('an earlier act is undone on its own, unless a later one changed the same', async () => {
  const { set, get } = world()
  const stack = new UndoStack(() => true)
  const first = set('name', 'a')
  stack.push(first)
  stack.push(set('star', 'on'))
  const second = set('name', 'b')
  stack.push(second)
  expect(await stack.undo(first)).toEqual({ kind: 'blocked', by: second })
  expect(get('name')).toBe('b')
  await stack.undo(second)
  await stack.undo(first)
  expect([get('name'), get('star')]).toEqual(['', 'on'])
  expect(await stack.undo(first)).toEqual({ kind: 'nothing' })
})

test('an act that can never be undone leaves the stack, another stays', async () => {
  let isConnected = false
  const act: UndoableAct = {
    title: 'Starred',
    touches: [],
    revert: () => (isConnected ? Promise.resolve(act) : Promise.reject(new Error('offline'))),
  }
  const stack = new UndoStack((cause) => !(cause as Error).message.includes('offline'))
  stack.push(act)
  await expect(stack.undo()).rejects.toThrow('offline')
  isConnected = true
  expect(await stack.undo()).toMatchObject({ kind: 'reversed' })

  const gone: UndoableAct = { title: 'Moved', touches: [], revert: () => Promise.reject(new Error('gone')) }
  stack.push(gone)
  await expect(stack.undo()).rejects.toThrow('gone')
  expect(await stack.undo()).toEqual({ kind: 'nothing' })
})
