import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import type { Plugin, PluginOption } from 'vite'

/**
 * Vite plugins of the window, for its build and its component tests. Components are imported by name, nothing is auto-imported.
 * Icons named in the sources are bundled, so that the page never asks the network for one. `root` is the repository's root.
 */
export function windowPlugins(root: string): PluginOption[] {
  return [
    vue(),
    languageFlags(),
    leanIcons(root),
    ui({
      root,
      colorMode: false,
      dts: false,
      components: false,
      autoImport: false,
      icon: {
        clientBundle: {
          scan: { globInclude: ['**/*.vue', '**/*.ts'], globExclude: ['node_modules', 'build'] },
          sizeLimitKb: 0,
        },
      },
      ui: {
        colors: { primary: 'blue', neutral: 'slate' },
        // The description must not run under the close button, nor the header shrink above a long body.
        modal: { slots: { overlay: 'bg-black/40! dark:bg-black/60!', header: 'shrink-0 pe-14 sm:pe-14' } },
        button: {
          variants: { size: { md: { leadingIcon: 'size-4.5', trailingIcon: 'size-4.5' } } },
          // The default of 75 % leaves too little contrast below the pointer.
          compoundVariants: (['primary', 'error'] as const).map((color) => ({
            color,
            variant: 'solid' as const,
            class: `hover:bg-${color}/90 active:bg-${color}/90`,
          })),
        },
      },
    }),
  ]
}

/** Parts of vue-i18n that the window does not use; messages are interpreted, so the content security policy holds. */
function languageFlags(): PluginOption {
  const define = {
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  }
  return { name: 'language-flags', config: () => ({ define }) }
}

/** Gives the components of Nuxt UI our icon. Theirs is two components with state, of which a page has a hundred. */
function leanIcons(root: string): Plugin {
  return {
    name: 'lean-icons',
    enforce: 'pre',
    resolveId: (source, importer) =>
      source === './Icon.vue' && importer?.includes('/@nuxt/ui/') === true
        ? `${root}/src/renderer/ui/Icon.ts`
        : undefined,
  }
}
