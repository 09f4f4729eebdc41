/** Width of the page's inputs, in Grafana's spacing units. */
export const WIDTH = 40;
