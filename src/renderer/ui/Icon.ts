import { getIcon } from '@iconify/vue'
import { type FunctionalComponent, h } from 'vue'

const shapes = new Map<string, { viewBox: string; innerHTML: string }>()

/** What is drawn of a bundled icon; undefined for one that is not bundled. */
function shapeOf(name: string): { viewBox: string; innerHTML: string } | undefined {
  const known = shapes.get(name)
  if (known !== undefined) return known
  const icon = getIcon(name.replace(/^i-/, ''))
  if (!icon) return undefined
  const shape = { viewBox: `0 0 ${icon.width} ${icon.height}`, innerHTML: icon.body }
  shapes.set(name, shape)
  return shape
}

/** A bundled icon. Pages have a hundred, and `UIcon` is two components with state for each. */
const Icon: FunctionalComponent<{
  /** Such as `i-lucide-flag`. */
  name: string
}> = ({ name }, { attrs }) =>
  h('svg', {
    ...shapeOf(name),
    width: '1em',
    height: '1em',
    role: 'img',
    'aria-hidden': attrs['aria-label'] === undefined,
  })
Icon.props = { name: { type: String, required: true } }

export default Icon
