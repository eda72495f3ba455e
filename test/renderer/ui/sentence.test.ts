// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { h } from 'vue'
import Sentence from '#renderer/ui/Sentence.vue'

test.each([
  ['In use by the run {run}.', 'In use by the run <b>a.b</b>.'],
  ['{run} は使用中です。', '<b>a.b</b> は使用中です。'],
  ['Free.', 'Free.'],
])('%s', (sentence, html) => {
  const compose = ({ run }: Record<string, string>) => sentence.replace('{run}', run ?? '')
  const shown = mount(() => h('p', h(Sentence, { names: ['run'], compose }, { run: () => h('b', 'a.b') })))
  expect(shown.element.innerHTML.replaceAll(/<!--.*?-->/g, '')).toBe(html)
})
