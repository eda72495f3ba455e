import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stageNames } from '#contract/stages/index.ts'

/** Files that may name a stage, each with the reason. Adding a stage touches no other file of the sources. */
const allowed: readonly [pattern: RegExp, reason: string][] = [
  [/^src\/contract\/stages\/[^/]+\.ts$/, 'the definitions and their table'],
  [/^src\/training\/stages\/[^/]+\.ts$/, 'the page of each stage, with what stages share, and the table of pages'],
  [/^src\/training\/(objective|data|pictures)\//, 'types of the configuration of one stage'],
  [/^src\/training\/reference\//, 'programs of published models, named after their role'],
  [/^src\/main\/shells\/cli\/probes\.ts$/, 'a verb of the command line has the same name'],
  [/^src\/main\/shells\/cli\/demo\.ts$/, 'the demo launches a second pipeline of two stages'],
]

const isCode = (name: string): boolean => name.endsWith('.ts') || name.endsWith('.vue')
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->/g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')

/** A stage as a quoted name, a key, a property, or the file of its definition. */
const naming = (stage: string): RegExp => {
  const name = stage.replaceAll('-', String.raw`\-`)
  return new RegExp(String.raw`['"\x60.]${name}(['"\x60.]|\b(?!-))|\b${name}(['"]?):|stages\/${name}\.ts`)
}

test.each([
  ["['distill']", true],
  ['{ distill: 1 }', true],
  ['configuration.distill.loss', true],
  ["from '../stages/distill.ts'", true],
  ['`distill.loss`', true],
  ['distillation', false],
  ["'distill-loss'", false],
  ['to distill a student', false],
])('%s names a stage: %s', (text, expected) => expect(naming('distill').test(text)).toBe(expected))

test('only its definition, its page and the table name a stage', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((name) => join('src', name).replaceAll('\\', '/'))
    .filter((file) => isCode(file) && !allowed.some(([pattern]) => pattern.test(file)))
  const found = files.flatMap((file) => {
    const text = withoutComments(readFileSync(file, 'utf8'))
    return stageNames.flatMap((stage) => {
      const [match] = naming(stage).exec(text) ?? []
      return match === undefined ? [] : [`${file}: ${match}`]
    })
  })
  expect(found).toEqual([])
})
