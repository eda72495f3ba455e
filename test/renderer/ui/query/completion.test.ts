import { describe, expect, it } from 'vitest'
import type { QueryKey } from '#contract/query/key.ts'
import { complete, completionAt } from '#renderer/ui/query/completion.ts'

const key = (name: string, kind: QueryKey['kind'], values: string[] = []): QueryKey => ({
  key: name,
  label: name,
  kind,
  unit: '',
  group: '',
  help: '',
  values,
})
const keys = [
  key('status', 'text', ['failed', 'finished']),
  key('stage', 'text', ['evaluate']),
  key('test.top1', 'number'),
  key('star', 'flag', ['on', 'off']),
  key('name', 'text', ['two words']),
]
const at = (text: string) => completionAt(text.replace('|', ''), text.indexOf('|'), keys)
const labels = (text: string) => at(text).suggestions.map(({ label }) => label)

describe('completion', () => {
  it.each([
    ['sta|', ['status', 'stage', 'star']],
    ['top|', ['test.top1']],
    ['status:fa|', ['failed']],
    ['status:|', ['failed', 'finished']],
    ['status = fi|', ['finished']],
    ['status in (failed, f|', ['failed', 'finished']],
    ['status |', ['=', '!=', 'in (']],
    ['test.top1 |', ['>', '>=', '<', '<=', '=', '!=', 'in (']],
    ['star |', ['=', '!=']],
    ['is:|', ['star']],
    ['has:te|', ['test.top1']],
    ['status:failed an|', ['and']],
    ['nothing known|', []],
  ])('%s', (text, expected) => expect(labels(text)).toEqual(expected))

  it('puts a suggestion in place of the word at the caret', () => {
    const text = 'status:fa and x'
    const found = completionAt(text, 9, keys)
    expect(complete(text, found, found.suggestions[0]!)).toEqual({ text: 'status:failed and x', caret: 14 })
  })
  it('quotes a value if it needs to', () => {
    const found = at('name:tw|')
    expect(complete('name:tw', found, found.suggestions[0]!)).toEqual({ text: 'name:"two words" ', caret: 17 })
  })
})
