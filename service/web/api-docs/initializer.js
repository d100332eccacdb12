// A file of its own, not inline: the page's Content-Security-Policy allows scripts from 'self' only.
window.ui = SwaggerUIBundle({
  // Relative to {PathBase}/api-docs, so it is right under any PathBase.
  url: 'swagger/v1/swagger.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  // The default asks a public validator on the internet to look at the description.
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  layout: 'StandaloneLayout',
});
