// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import RangeSlider from '#renderer/ui/RangeSlider.vue'

test('has its limits before its value, and says where it is moved to', async () => {
  const slider = mount(RangeSlider, { props: { min: 200, max: 400, step: 10, modelValue: 250 } })
  expect(Object.keys(slider.attributes())).toEqual(['type', 'class', 'min', 'max', 'step', 'value'])
  expect((slider.element as HTMLInputElement).value).toBe('250')
  await slider.find('input').setValue('310')
  expect(slider.emitted('update:modelValue')).toEqual([[310]])
  await slider.setProps({ min: 300, max: 500, modelValue: 450 })
  expect((slider.element as HTMLInputElement).value).toBe('450')
})
