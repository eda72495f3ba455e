import { expect, test } from 'vitest'
import { english } from '#renderer/locales/en/index.ts'
import { sentencesOf } from './catalogue.ts'
import { literalsOf, windowSources } from './literals.ts'

const keys = new Set(sentencesOf(english).keys())
/** A key, or keys with a value inside: `errors.….title`. */
const isKey = (text: string): boolean =>
  keys.has(text) || (text.includes('…') && [...keys].some((key) => matches(text, key)))
const matches = (pattern: string, key: string): boolean =>
  key.startsWith(pattern.split('…').at(0) ?? '') && key.endsWith(pattern.split('…').at(-1) ?? '')

test('every sentence of the window is in the catalogue', () => {
  const found = windowSources().flatMap((file) =>
    literalsOf(file, isKey).map(({ line, text }) => `${file}:${line}: ${text}`),
  )
  expect(found, 'use t() of ui/language.ts, see docs/languages.md').toEqual([])
})
