// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';
import { configure } from '@testing-library/react';

// How long to wait for a state, such as an open menu. Only a test that fails ever waits so long.
configure({ asyncUtilTimeout: 60_000 });

// Menus measure their options to find their width.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: 8 * text.length }) });

// No test looks at styles, and jsdom takes seconds to work out those of Grafana's components.
window.getComputedStyle = (element) => element.style;
