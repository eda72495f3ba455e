import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Settings } from '#main/settings/service.ts'
import { temporaryFolder } from '../support.ts'

test('settings have defaults, are written to the workspace and announced', () => {
  const file = join(temporaryFolder(), 'settings.json')
  const settings = new Settings(file, () => undefined)
  expect(settings.get()).toEqual({
    version: 1,
    scheduler: { slots: 1 },
    frames: { budgetGib: 4, isCompressed: false },
    targets: { budgetGib: 16 },
    tensorboard: null,
  })
  const announced: unknown[] = []
  settings.changes.subscribe((settings) => announced.push(settings))
  const changed = { ...settings.get(), scheduler: { slots: 2 } }
  settings.set(changed)
  expect(announced).toEqual([changed])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(changed)
  expect(new Settings(file, () => undefined).get().scheduler.slots).toBe(2)
})

test('a damaged file is reported, and the defaults apply', () => {
  const file = join(temporaryFolder(), 'settings.json')
  writeFileSync(file, '{"scheduler":{"slots":0}}')
  const problems: unknown[] = []
  expect(new Settings(file, (problem) => problems.push(problem)).get().scheduler.slots).toBe(1)
  expect(problems).toMatchObject([{ code: 'bad-request', message: expect.stringContaining('scheduler.slots') }])
})

test('a relative folder for TensorBoard is refused', () => {
  const settings = new Settings(join(temporaryFolder(), 'settings.json'), () => undefined)
  expect(() => settings.set({ ...settings.get(), tensorboard: 'logs' })).toThrow(
    'The folder "logs" for TensorBoard is not absolute.',
  )
  expect(settings.get().tensorboard).toBeNull()
})
