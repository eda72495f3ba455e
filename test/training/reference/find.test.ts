import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectedOf, findCases } from '#training/reference/find.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-studio-find-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function touch(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
}

const found = async () => (await findCases(folder)).map(({ kind, name }) => [kind, name])
const refusal = (directory: string) =>
  findCases(directory).catch((cause: Error) => cause.message.replaceAll(folder, '<folder>'))

describe('findCases', () => {
  it('finds every kind at any depth', async () => {
    touch('a/b/c/case.json', 'a/b/c/weights.safetensors', 'schedules.json', 'case-2/case.json', 'case-10/case.json')
    touch(
      'hf/model.safetensors',
      'hf/expected.safetensors',
      'hf/config.json',
      'other/model.safetensors',
      'other/config.json',
    )
    touch(
      'files/x.pth',
      'files/x-legacy.pth',
      'files/x.expected.safetensors',
      'files/y.pt',
      'files/z.expected.safetensors',
      'elsewhere/w.pth',
    )
    expect(await found()).toEqual([
      ['model', 'a/b/c'],
      ['model', 'case-2'],
      ['model', 'case-10'],
      ['file', 'files/x-legacy.pth'],
      ['file', 'files/x.pth'],
      ['file', 'files/y.pt'],
      ['file', 'files/z.pth'],
      ['hugging-face', 'hf'],
      ['schedules', 'schedules.json'],
    ])
  })

  it('finds the case that the folder itself is', async () => {
    touch('mine/case.json')
    expect((await findCases(join(folder, 'mine'))).map(({ name }) => name)).toEqual(['mine'])
  })

  it('refuses a folder without a case', async () => {
    touch('notes.txt')
    expect(await refusal(folder)).toMatchInlineSnapshot(`"There is no reference case under <folder>."`)
  })
  it('refuses a folder that is not there', async () => {
    expect(await refusal(join(folder, 'no'))).toMatchInlineSnapshot(`"There is no folder <folder>/no."`)
  })
  it('refuses a file', async () => {
    touch('notes.txt')
    expect(await refusal(join(folder, 'notes.txt'))).toMatchInlineSnapshot(`"<folder>/notes.txt is not a folder."`)
  })
})

describe('expectedOf', () => {
  const files = ['mvd.expected.safetensors', 'mvd-student.expected.safetensors', 'readme.txt']
  it.each([
    ['/x/mvd.pth', 'mvd.expected.safetensors'],
    ['/x/mvd-student.pth', 'mvd-student.expected.safetensors'],
    ['/x/mvd-student-legacy.pth', 'mvd-student.expected.safetensors'],
    ['/x/mvd-teacher.pt', 'mvd.expected.safetensors'],
    ['/x/mvdx.pth', undefined],
  ])('%s', (path, expected) => {
    expect(expectedOf(path, files)).toBe(expected && join('/x', expected))
  })
})
