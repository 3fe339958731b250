// The icons of the page. In HTML an icon is <svg data-icon="die" …></svg>.

const ICONS = {
  back: `<path fill="currentColor" d="M6 5h2.6v14H6zM19 5v14L9.5 12z"/>`,
  die: `<rect x="3" y="3" width="18" height="18" rx="4" fill="none" stroke="currentColor" stroke-width="2"/><path stroke="currentColor" stroke-width="3.2" stroke-linecap="round" d="M8 8h0M16 8h0M12 12h0M8 16h0M16 16h0"/>`,
  forward: `<path fill="currentColor" d="M15.4 5H18v14h-2.6zM5 5v14l9.5-7z"/>`,
  grid: `<path fill="currentColor" d="M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"/>`,
  link: `<path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" d="M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7l1.6-1.6"/>`,
  pencil: `<path fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" d="M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4"/>`,
  upload: `<path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="M12 16V4M7 9l5-5 5 5M4 16v4h16v-4"/>`,
};

// fills every icon below `root`, also inside its templates
export function drawIcons(root) {
  for (const icon of root.querySelectorAll("[data-icon]")) icon.innerHTML = ICONS[icon.dataset.icon];
  for (const template of root.querySelectorAll("template")) drawIcons(template.content);
}
