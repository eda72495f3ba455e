import { getIcon } from '@iconify/vue'
import { type FunctionalComponent, h, type VNode } from 'vue'

interface Shape {
  readonly viewBox: string
  /** Draws the icon into its element. A copy takes a third of the time of reading its text, and pages have a hundred. */
  onVnodeBeforeMount(vnode: VNode): void
}

const shapes = new Map<string, Shape>()

/** What is drawn of a bundled icon; undefined for one that is not bundled. */
function shapeOf(name: string): Shape | undefined {
  const known = shapes.get(name)
  if (known !== undefined) return known
  const icon = getIcon(name.replace(/^i-/, ''))
  if (!icon) return undefined
  const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  drawing.innerHTML = icon.body
  const shape: Shape = {
    viewBox: `0 0 ${icon.width} ${icon.height}`,
    onVnodeBeforeMount({ el }) {
      for (const part of drawing.childNodes) el?.['append'](part.cloneNode(true))
    },
  }
  shapes.set(name, shape)
  return shape
}

/** A bundled icon, also in the components of Nuxt UI, whose own is two components with state. */
const Icon: FunctionalComponent<{
  /** Such as `i-lucide-flag`. */
  name: string
}> = ({ name }, { attrs }) =>
  h('svg', {
    ...shapeOf(name),
    key: name,
    width: '1em',
    height: '1em',
    role: 'img',
    'aria-hidden': attrs['aria-label'] === undefined,
  })
Icon.props = { name: { type: String, required: true } }

export default Icon
