import { computed, readonly, ref, watchEffect } from 'vue'
import type { Ref } from 'vue'

export const themeChoices = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof themeChoices)[number]

const storageKey = 'mvd-studio:theme'
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)')
const isSystemDark = ref(systemIsDark.matches)
systemIsDark.addEventListener('change', (event) => (isSystemDark.value = event.matches))

const choice = ref<ThemeChoice>(themeChoices.find((theme) => theme === localStorage.getItem(storageKey)) ?? 'system')
const isDark = computed(() => (choice.value === 'system' ? isSystemDark.value : choice.value === 'dark'))

watchEffect(() => document.documentElement.classList.toggle('dark', isDark.value))

/** The theme of the window: the stored choice, and whether the window is dark. Canvases redraw when `isDark` changes. */
export function useTheme(): {
  choice: Readonly<Ref<ThemeChoice>>
  isDark: Readonly<Ref<boolean>>
  choose(theme: ThemeChoice): void
} {
  return {
    choice: readonly(choice),
    isDark: readonly(isDark),
    choose(theme) {
      choice.value = theme
      localStorage.setItem(storageKey, theme)
    },
  }
}
