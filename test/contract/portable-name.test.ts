import { expect, test } from 'vitest'
import { nameProblem, requirePortableName } from '#contract/portable-name.ts'

test.each(['con', 'NUL', 'com1', 'LPT9', 'aux.safetensors', 'prn.tar.gz', 'COM\u00B2', 'conin$', 'nul '])(
  '%s is a device',
  (name) => expect(nameProblem(name)).toBe('is the name of a device on Windows'),
)
test.each(['model.', 'model ', 'a..'])('"%s" loses its end', (name) =>
  expect(nameProblem(name)).toContain('ends with a dot or a space'),
)
test.each(['a:b', 'a?', 'a\tb', 'a/b', 'a\\b'])('%s has a character that Windows refuses', (name) =>
  expect(nameProblem(name)).toContain('character'),
)
test.each(['con-1', 'console', 'com10', 'nulls.csv', 'model.safetensors', '.hidden', 'ü'])('%s is fine', (name) =>
  expect(nameProblem(name)).toBeUndefined(),
)
test('the sentence names the name', () =>
  expect(() => requirePortableName('nul')).toThrow('The name "nul" is the name of a device on Windows.'))
